/** The public calls of our packages, by TypeScript's checker: nothing marked `@internal`, private or protected. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** The files that declare members inherited from JavaScript's and Node's classes. These are not checked. */
const INHERITED = /\/node_modules\//;

export interface Call {
  readonly parameters: readonly string[];
  /** The file of its declaration: `core/src/wait/block.ts`. */
  readonly file: string;
}

/**
 * Each function, constructor, method, static method and assignable property of these packages, with the names of its parameters:
 * `sleep(ms)`, `new Lock(place)`, `Lock.from(place)`, `lock.acquire(timeout)` written as `Lock#acquire(timeout)`, `Thread#name=`.
 */
export function publicCalls(packages: readonly string[]): ReadonlyMap<string, Call> {
  const files = packages
    .flatMap((name) => ["index", "internal"].map((entry) => new URL(`../../${name}/src/${entry}.ts`, import.meta.url)))
    .map((url) => fileURLToPath(url))
    .filter((file) => existsSync(file));
  const program = ts.createProgram(files, {
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, noEmit: true, types: ["node"] },
    ...{ customConditions: ["@x/source"], moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true },
    lib: ["lib.es2022.d.ts", "lib.es2024.sharedmemory.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
  });
  const checker = program.getTypeChecker();
  const calls = new Map<string, Call>();

  const fileOf = ({ declarations = [] }: ts.Symbol): string =>
    declarations[0]?.getSourceFile().fileName.replace(/^.*\/packages\//, "") ?? "";
  const add = (name: string, symbol: ts.Symbol, signatures: readonly ts.Signature[]): void => {
    if (signatures.length === 0) return;
    const all = signatures.map(({ parameters }) => parameters.map((it) => it.name));
    const parameters = all.reduce((longest, its) => (its.length > longest.length ? its : longest));
    calls.set(name, { parameters, file: fileOf(symbol) });
  };
  const isOurs = (symbol: ts.Symbol): boolean =>
    /^[a-zA-Z]\w*$/.test(symbol.name) &&
    symbol.name !== "prototype" &&
    !symbol.getJsDocTags(checker).some(({ name }) => name === "internal") &&
    !symbol.declarations?.some(
      (it) => (ts.getCombinedModifierFlags(it) & HIDDEN) !== 0 || INHERITED.test(it.getSourceFile().fileName),
    );
  const addMembers = (prefix: string, type: ts.Type): void => {
    for (const member of checker.getPropertiesOfType(type).filter(isOurs)) {
      add(`${prefix}${member.name}`, member, checker.getTypeOfSymbol(member).getCallSignatures());
      if (isAssignable(member)) {
        calls.set(`${prefix}${member.name}=`, { parameters: [member.name], file: fileOf(member) });
      }
    }
  };

  for (const file of files) {
    const index = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
    for (const exported of checker.getExportsOfModule(index).filter(isOurs)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!isOurs(symbol) || (symbol.flags & ts.SymbolFlags.Value) === 0) continue;
      const type = checker.getTypeOfSymbol(symbol);
      add(symbol.name, symbol, type.getCallSignatures());
      if (isConstructible(symbol)) add(`new ${symbol.name}`, symbol, type.getConstructSignatures());
      if ((symbol.flags & ts.SymbolFlags.Class) === 0 || isAbstract(symbol)) continue;
      addMembers(`${symbol.name}.`, type);
      addMembers(`${symbol.name}#`, checker.getDeclaredTypeOfSymbol(symbol));
    }
  }
  return calls;
}

/** Abstract members are called through subclasses. */
function isAbstract({ declarations = [] }: ts.Symbol): boolean {
  return declarations.some((it) => (ts.getCombinedModifierFlags(it) & ts.ModifierFlags.Abstract) !== 0);
}

function isConstructible(symbol: ts.Symbol): boolean {
  const constructors = (symbol.declarations ?? [])
    .flatMap((it) => (ts.isClassDeclaration(it) ? [...it.members] : []))
    .filter(ts.isConstructorDeclaration);
  const isHidden = (it: ts.Declaration): boolean =>
    (ts.getCombinedModifierFlags(it) & HIDDEN) !== 0 ||
    ts.getJSDocTags(it).some(({ tagName }) => tagName.text === "internal");
  return !isAbstract(symbol) && !constructors.some(isHidden);
}

function isAssignable({ flags, declarations = [] }: ts.Symbol): boolean {
  if ((flags & ts.SymbolFlags.SetAccessor) !== 0) return true;
  const isReadonly = (it: ts.Declaration): boolean =>
    (ts.getCombinedModifierFlags(it) & ts.ModifierFlags.Readonly) !== 0;
  return (flags & ts.SymbolFlags.Property) !== 0 && !declarations.some(isReadonly);
}
