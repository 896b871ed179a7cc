/** Checks the packages' types with each TypeScript, in each kind of project. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tail } from "../runtimes/child.ts";
import type { Check, Found, Environment } from "./checks.ts";
import { type Tool, versionOf } from "./tools.ts";

const PROGRAMS = fileURLToPath(new URL("./projects/types/", import.meta.url));

/** Each compiler, with the types of Node of its time. */
const TYPESCRIPTS = {
  "typescript-5.0": "types-node-20",
  "typescript-5.4": "types-node-20",
  "typescript-5.9": "types-node-22",
  "typescript-6.0": "types-node-24",
  "typescript-7.0": "types-node-24",
} as const satisfies Partial<Record<Tool, Tool>>;
type TypeScript = keyof typeof TYPESCRIPTS;

/** The kinds of modules, and how a project resolves them. */
interface Mode {
  readonly module: string;
  readonly resolution: string;
  /** The programs exist in these forms. */
  readonly extensions: readonly string[];
  /** Is `import.meta` an error there? */
  readonly isCommonJS: (extension: string) => boolean;
}

const MODES: Readonly<Record<string, Mode>> = {
  node16: {
    ...{ module: "node16", resolution: "node16", extensions: ["mts", "cts"] },
    isCommonJS: (extension) => extension === "cts",
  },
  nodenext: {
    ...{ module: "nodenext", resolution: "nodenext", extensions: ["mts", "cts"] },
    isCommonJS: (extension) => extension === "cts",
  },
  bundler: { module: "esnext", resolution: "bundler", extensions: ["ts"], isCommonJS: () => false },
  // The options of CommonJS projects before 2022. They find the packages by "types" and not by
  // "exports", so @x/thread/worker is missing.
  node10: { module: "commonjs", resolution: "node10", extensions: ["ts"], isCommonJS: () => true },
};

/** The libraries of a program. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  "ES2022 alone": ["es2022"],
  "the DOM": ["es2022", "dom"],
  esnext: ["esnext"],
};

interface Cell {
  /** Skipped for the compilers in between: the oldest and the newest check the same types. */
  readonly isForSome?: true;
  readonly mode: string;
  readonly library: string;
  readonly hasNode: boolean;
  /** Options stricter than `strict`. */
  readonly isStrictest?: true;
}

/**
 * Each mode, each library, and each of these with and without Node. All combinations would take
 * minutes, and find little more.
 */
const CELLS: readonly Cell[] = [
  { mode: "nodenext", library: "ES2022 alone", hasNode: false },
  { mode: "nodenext", library: "ES2022 alone", hasNode: true, isForSome: true },
  { mode: "nodenext", library: "the DOM", hasNode: false, isForSome: true },
  { mode: "nodenext", library: "esnext", hasNode: true, isStrictest: true },
  { mode: "node16", library: "the DOM", hasNode: true, isForSome: true },
  { mode: "bundler", library: "the DOM", hasNode: false },
  { mode: "bundler", library: "esnext", hasNode: false, isForSome: true },
  { mode: "node10", library: "ES2022 alone", hasNode: true },
];

const LIMIT_MS = 120_000;

export function typeChecks(environment: Environment): Check[] {
  return (Object.keys(TYPESCRIPTS) as TypeScript[]).flatMap((tool) => {
    const version = versionOf(tool, "typescript");
    const isBetween = tool === "typescript-5.4" || tool === "typescript-5.9";
    const cells = CELLS.filter(({ isForSome }) => !isBetween || isForSome === undefined).filter(
      ({ mode }) => mode !== "node10" || !version.startsWith("7."), // no longer supported there
    );
    return cells.map((cell) => ({
      on: `TypeScript ${version}`,
      name: nameOf(cell),
      needs: [tool, TYPESCRIPTS[tool], "node20"] as const,
      run: () => checked(tool, cell, environment),
    }));
  });
}

function nameOf({ mode, library, hasNode, isStrictest }: Cell): string {
  return `${mode}, ${library}, ${hasNode ? "with" : "without"} @types/node${isStrictest ? ", strictest" : ""}`;
}

interface Program {
  readonly file: string;
  readonly text: string;
}

async function checked(tool: TypeScript, cell: Cell, environment: Environment): Promise<Found> {
  const { bin, newFolder } = environment.tool(tool);
  const folder = newFolder();
  environment.installInto(folder);
  const programs = programsFor(tool, cell);
  for (const { file, text } of programs) writeFileSync(join(folder, file), text);
  const files = programs.map(({ file }) => file);
  const compilerOptions = optionsFor(tool, cell, environment.tool(TYPESCRIPTS[tool]).bin("@types"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const node = environment.runtime("node20");
  const args = ["-p", "tsconfig.json", "--pretty", "false"];
  const ended = await node.run({ file: bin("typescript/bin/tsc"), args }, { cwd: folder, limit: LIMIT_MS });
  if (ended.hung || ended.signal !== undefined) return { state: "fail", sees: "the compiler did not end", details: "" };
  return compared(ended.out, programs, versionOf(tool, "typescript"), tail(ended.err));
}

function programsFor(tool: TypeScript, { mode, library }: Cell): Program[] {
  const names = ["holds", "refused", ...(library === "esnext" && tool !== "typescript-5.0" ? ["using"] : [])];
  const { extensions, isCommonJS } = MODES[mode]!;
  return names.flatMap((name) => {
    const text = readFileSync(join(PROGRAMS, `${name}.ts`), "utf8");
    return extensions.map((extension) => ({
      file: `${name}.${extension}`,
      text: isCommonJS(extension) ? `${text.replaceAll("import.meta", "HERE")}\ndeclare const HERE: string;\n` : text,
    }));
  });
}

function optionsFor(tool: TypeScript, { mode, library, hasNode, isStrictest }: Cell, typesOfNode: string): object {
  const { module, resolution } = MODES[mode]!;
  return {
    ...{ strict: true, skipLibCheck: false, noEmit: true, declaration: true, target: "es2022" },
    ...{ module, moduleResolution: resolution, lib: LIBRARIES[library] },
    ...{ types: hasNode ? ["node"] : [], typeRoots: hasNode ? [typesOfNode] : [] },
    ...(isStrictest && { exactOptionalPropertyTypes: true, noImplicitOverride: true, isolatedModules: true }),
    ...(mode === "node10" && tool === "typescript-6.0" && { ignoreDeprecations: "6.0" }),
  };
}

/** The place of an expected error, and its text. */
interface Mark {
  readonly place: string;
  readonly says: RegExp;
}

/** `>5.0: ` before the text: the compilers it is for. */
const MARK = /\/\*! (?:(>?)(\d+\.\d+): )?(.*?) \*\/\s*/g;

/** The marks in a program. Each precedes the code of an expected error. */
export function marksOf({ file, text }: Program, version: string): Mark[] {
  return text.split("\n").flatMap((line, i) =>
    [...line.matchAll(MARK)].flatMap((match) => {
      const [whole, others, only, says] = match;
      const isOfThis = only === undefined || version.startsWith(`${only}.`) === (others === "");
      const place = `${file}(${i + 1},${match.index + whole.length + 1})`;
      return isOfThis ? [{ place, says: new RegExp(says!) }] : [];
    }),
  );
}

/** Compares the compiler's errors with the marks. */
export function compared(output: string, programs: readonly Program[], version: string, besides: string = ""): Found {
  const marks = programs.flatMap((program) => marksOf(program, version));
  // The further lines of an error are indented.
  const errors = output.split(/\n(?!\s)/).filter((line) => line.trim() !== "");
  const met = new Set<Mark>();
  const wrong = errors.filter((error) => {
    const mark = marks.find((mark) => error.startsWith(`${mark.place}:`) && !met.has(mark) && mark.says.test(error));
    if (mark !== undefined) met.add(mark);
    return mark === undefined;
  });
  const missed = marks.filter((mark) => !met.has(mark)).map(({ place, says }) => `${place}: no error like ${says}`);
  if (wrong.length + missed.length === 0) return { state: "pass" };
  return {
    state: "fail",
    sees: `${wrong.length} errors too many, ${missed.length} missing`,
    details: [...wrong, ...missed, besides].join("\n"),
  };
}
