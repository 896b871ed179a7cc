/** Folders with the packages and a few files, and the output of programs in them. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, tail, troubleOf } from "../runtimes/child.ts";
import type { Found, Environment } from "./checks.ts";
import { newFolder, type Tool } from "./tools.ts";

const PROJECTS = fileURLToPath(new URL("./projects/", import.meta.url));

/** The text of each file, by its name. */
export type Files = Readonly<Record<string, string>>;

export interface ProjectOptions {
  /** The project finds this tool in a folder above its own. */
  readonly tool?: Tool;
  /** A folder of ./projects: its files are copied. */
  readonly like?: string;
  /** More files. */
  readonly files?: Files;
}

/** Creates a folder with the packages installed. */
export function newProject(environment: Environment, { tool, like, files = {} }: ProjectOptions): string {
  const folder = tool === undefined ? newFolder() : environment.tool(tool).newFolder();
  environment.installInto(folder);
  if (like !== undefined) cpSync(join(PROJECTS, like), folder, { recursive: true });
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Long enough for a busy machine. */
export const LIMIT_MS = 60_000;

/** Did the program exit with 0, and print these lines? Lines of several threads may come in any order. */
export function printed(
  ended: Ended,
  lines: readonly string[],
  order: "this order" | "any order" = "this order",
): Found {
  const seen = ended.out.trimEnd().split("\n");
  const text = (lines: readonly string[]): string => (order === "any order" ? [...lines].sort() : lines).join("|");
  const sees = troubleOf(ended) ?? (text(seen) === text(lines) ? undefined : `prints ${seen.join("|")}`);
  if (sees === undefined) return { state: "pass" };
  return { state: "fail", sees, details: `expected: ${lines.join("|")}\n${tail(ended.err, 30)}` };
}

/** Did all tests pass, and was their number right? */
export function passed(ended: Ended, summary: RegExp): Found {
  const text = `${ended.out}\n${ended.err}`;
  const sees = troubleOf(ended) ?? (summary.test(text) ? undefined : "not all tests were run");
  return sees === undefined ? { state: "pass" } : { state: "fail", sees, details: tail(text, 60) };
}

/** The same in CommonJS; imports of files that end in `extension` are of .cjs files. */
export function inCommonJS(module: string, extension: string = ".mjs"): string {
  const exported = [...module.matchAll(/^export (?:async )?(?:const|class|function) (\w+)/gm)].map(([, name]) => name);
  return `${module
    .replace(/^import (\w+) from (".*");$/gm, "const $1 = require($2);")
    .replace(/^import (\{[^}]*\}) from (".*");$/gm, "const $1 = require($2);")
    .replace(/import\.meta(\.url)?/g, "__filename")
    .replaceAll(`${extension}"`, '.cjs"')
    .replace(/^export /gm, "")}\nmodule.exports = { ${exported.join(", ")} };\n`;
}
