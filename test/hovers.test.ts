/** Checks an editor's text for every public name and every option. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { readPackages, ROOT } from "./packages.ts";

const OPTIONS: ts.CompilerOptions = {
  ...{ strict: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  ...{ target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts"], types: [] },
};

const published = readPackages().filter(({ manifest }) => manifest.private !== true);
const entries = published.map(({ folder, manifest }) => ({
  name: manifest.name,
  file: join(ROOT, folder, "dist/index.d.ts"),
}));
const checked = ts.createProgram(
  entries.map(({ file }) => file),
  OPTIONS,
);
const checker = checked.getTypeChecker();

const textOf = (symbol: ts.Symbol): string =>
  [
    ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    ...symbol.getJsDocTags(checker).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`),
  ].join("\n");

/** Is it declared in our packages, rather than inherited from the language? */
function isOurs(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => {
    const { fileName } = declaration.getSourceFile();
    return entries.some(({ file }) => dirname(file) === dirname(fileName)); // entries share files
  });
}

function isPublic(symbol: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    isOurs(symbol) &&
    !/^(__|#)/.test(symbol.name) && // methods named by symbols, private fields
    (symbol.flags & ts.SymbolFlags.Prototype) === 0 &&
    (symbol.declarations ?? []).every((declaration) => (ts.getCombinedModifierFlags(declaration) & hidden) === 0)
  );
}

interface Named {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

/** A package's exports, and their members. */
function namesOf(file: string): Named[] {
  const module = checker.getSymbolAtLocation(checked.getSourceFile(file)!)!;
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({
      name: symbol.name,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    }))
    .filter(({ symbol }) => isPublic(symbol))
    .flatMap((named) => [named, ...membersOf(named)]);
}

function membersOf({ name, symbol }: Named): Named[] {
  const types = symbol.flags & ts.SymbolFlags.Type ? [checker.getDeclaredTypeOfSymbol(symbol)] : [];
  if (symbol.flags & ts.SymbolFlags.Class) types.push(checker.getTypeOfSymbol(symbol));
  const members = types
    .flatMap((type) => (type.isUnion() ? type.types : [type]))
    .flatMap((type) => type.getProperties());
  return [...new Set(members)].filter(isPublic).map((symbol) => ({ name: `${name}.${symbol.name}`, symbol }));
}

describe.each(entries)("hovers of $name", ({ file }) => {
  const names = namesOf(file);

  it("every name and member has a text", () => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter(({ symbol }) => textOf(symbol).trim() === "").map(({ name }) => name)).toEqual([]);
  });

  it("every time and size has its unit", () => {
    expect(names.flatMap(withoutUnit)).toEqual([]);
  });
});

describe("the published types", () => {
  const declarations = entries.flatMap(({ file }) =>
    readdirSync(dirname(file))
      .filter((name) => /[.]d[.]c?ts$/.test(name))
      .map((name) => join(dirname(file), name)),
  );

  it("have no internal member", () => {
    expect(declarations.length).toBeGreaterThan(2 * entries.length);
    expect(declarations.filter((file) => readFileSync(file, "utf8").includes("@internal"))).toEqual([]);
  });

  it.each([
    ["Lock", "acquire acquireAsync hold holdAsync holder locked release share toJSON toString with withAsync"],
    ["Event", "clear isSet set share toJSON toString wait waitAsync"],
  ])("offer on an object of %s what a user may call, and nothing else", (Class, members) => {
    const { file } = entries.find(({ name }) => name === `@x/${Class.toLowerCase()}`)!;
    const offered = namesOf(file).map(({ name, symbol }) => ({ of: name.split("."), symbol }));
    const onObjects = offered.filter(({ of, symbol }) => of[0] === Class && of.length === 2 && !isStatic(symbol));
    expect(onObjects.map(({ of }) => of[1]).sort()).toEqual(members.split(" "));
  });
});

function isStatic(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (declaration) => (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Static) !== 0,
  );
}

const MEASURED = /^(timeout|interval|ms|delay|size|waited|time|byteOffset|BYTES|TIMEOUT_MAX)$/;
const UNIT = /millisecond|\bms\b|byte|how much memory|how many/i;

/** Times and sizes without a unit: members by their own text, parameters by the function's. */
function withoutUnit({ name, symbol }: Named): string[] {
  const own = name.split(".").at(-1)!;
  const type = checker.getTypeOfSymbol(symbol);
  const isNumber = (type: ts.Type): boolean =>
    (type.isUnion() ? type.types : [type]).some(({ flags }) => flags & ts.TypeFlags.NumberLike);
  const self = MEASURED.test(own) && isNumber(type) && !UNIT.test(textOf(symbol)) ? [name] : [];
  const parameters = type
    .getCallSignatures()
    .flatMap((signature) =>
      signature.parameters.filter(
        (parameter) => MEASURED.test(parameter.name) && isNumber(checker.getTypeOfSymbol(parameter)),
      ),
    );
  return [...self, ...parameters.flatMap(({ name: of }) => (UNIT.test(textOf(symbol)) ? [] : [`${name}(${of})`]))];
}

// ---------------------------------------------------------------- as written

/** A mark precedes each option, and holds the expected text. */
const WRITTEN = `
  import { Barrier, Condition, Event, Lock, Semaphore, sleepAsync, startNewThread, Thread, Timer } from "@x/threading";
  declare function square(n: number): number;
  declare function add(a: number, b?: { by?: number }): number;
  declare const signal: import("@x/core").AbortSignalLike;
  declare const buffer: SharedArrayBuffer;
  new Thread({
    /*The function for the thread to call*/ target: add,
    /*The arguments of the target*/ args: [1],
    /*the target's last argument*/ kwargs: { by: 2 },
    /*name in reports*/ name: "x",
    /*ends without waiting for the thread*/ daemon: true,
  });
  new Thread({ target: square, /*The arguments of the target*/ args: [1] });
  new Thread().resultAsync({ /*in milliseconds*/ timeout: 5, /*aborted*/ signal });
  new Lock().acquireAsync({ /*in milliseconds*/ timeout: 5, /*aborted*/ signal });
  new Lock({ /*Shared memory*/ buffer, /*in bytes*/ byteOffset: 8 });
  new Event().waitAsync({ /*in milliseconds*/ timeout: 5, /*aborted*/ signal });
  new Event({ /*Shared memory*/ buffer, /*in bytes*/ byteOffset: 8 });
  new Semaphore(1, { /*Shared memory*/ buffer, /*in bytes*/ byteOffset: 8 });
  new Condition().waitFor(() => true, 5);
  new Condition(new Lock()).waitAsync({ /*in milliseconds*/ timeout: 5, /*aborted*/ signal });
  new Condition(new Lock(), { /*Shared memory*/ buffer, /*in bytes*/ byteOffset: 8 });
  new Barrier(2, {
    /*Called by the last party*/ action: () => {},
    /*in milliseconds*/ timeout: 5,
    /*Shared memory*/ buffer,
    /*in bytes*/ byteOffset: 8,
  });
  new Barrier(2).waitAsync({ /*in milliseconds*/ timeout: 5, /*aborted*/ signal });
  sleepAsync(5, { /*aborted*/ signal });
  new /*interval milliseconds*/ Timer(5, add, [1]);
  new Timer(5, add, [1])./*Milliseconds from*/ interval;
  new Lock()./*milliseconds; 0 does not wait*/ acquire(5);
  new Lock()./*milliseconds; Infinity waits for ever*/ hold(5);
  new Thread()./*milliseconds; 0 only looks*/ join(5);
  /*Starts a thread without an object*/ startNewThread(add, [1]);
`;

it("every option has a text where a user writes it", () => {
  const file = join(ROOT, "test", "written.ts");
  const host: ts.LanguageServiceHost = {
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot(name) {
      if (name === file) return ts.ScriptSnapshot.fromString(WRITTEN);
      return existsSync(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, "utf8")) : undefined;
    },
    getCurrentDirectory: () => ROOT,
    getCompilationSettings: () => OPTIONS,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => (name === file ? WRITTEN : ts.sys.readFile(name)),
    directoryExists: (name) => ts.sys.directoryExists(name),
  };
  const editor = ts.createLanguageService(host);
  const problems = editor.getSemanticDiagnostics(file).map(({ messageText }) => messageText);
  expect(problems).toEqual([]);
  const marks = [...WRITTEN.matchAll(/\/\*(.*?)\*\/\s*/g)];
  expect(marks.length).toBeGreaterThan(30);
  const unsaid = marks.flatMap((match) => {
    const info = editor.getQuickInfoAtPosition(file, match.index + match[0].length);
    const said = [
      ts.displayPartsToString(info?.documentation),
      ...(info?.tags ?? []).map(({ text }) => ts.displayPartsToString(text)),
    ].join("\n");
    const line = WRITTEN.slice(match.index).split("\n")[0]!;
    return said.replace(/\s+/g, " ").includes(match[1]!) ? [] : [`${line} says: ${said}`];
  });
  expect(unsaid).toEqual([]);
});
