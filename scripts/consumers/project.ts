/** Folders with the packages and a few files, and what programs in them print. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, tail, troubleOf } from "../runtimes/child.ts";
import type { Found, Surroundings } from "./checks.ts";
import { newFolder, type Tool } from "./tools.ts";

const PROJECTS = fileURLToPath(new URL("./projects/", import.meta.url));

/** The text of each file, by its name. */
export type Files = Readonly<Record<string, string>>;

export interface ProjectOptions {
  /** The project finds this tool in a folder above its own. */
  readonly tool?: Tool;
  /** A folder of ./projects, whose files are copied. */
  readonly like?: string;
  /** More files. */
  readonly files?: Files;
}

/** A new folder in which the packages are installed. */
export function newProject(surroundings: Surroundings, { tool, like, files = {} }: ProjectOptions): string {
  const folder = tool === undefined ? newFolder() : surroundings.tool(tool).newFolder();
  surroundings.installInto(folder);
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

/** Long enough for a machine that does something else besides. */
export const LIMIT_MS = 60_000;

/** Did it end well, and print these lines? In this order, or, if it prints them from several threads, in any. */
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

/** Did the tests pass, and as many as there should be? */
export function passed(ended: Ended, summary: RegExp): Found {
  const text = `${ended.out}\n${ended.err}`;
  const sees = troubleOf(ended) ?? (summary.test(text) ? undefined : "not all tests were run");
  return sees === undefined ? { state: "pass" } : { state: "fail", sees, details: tail(text, 60) };
}
