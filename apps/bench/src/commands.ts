/** The command that starts a contestant's process on this machine, or the reason why there is none. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./runtime.js";
import { type Contestant, type ForeignContestant, Missing, type Point, type Row, type Self } from "./row.js";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));
const CONTESTANT = fileURLToPath(new URL("../dist/contestant.js", import.meta.url));

/** The first line of `program --version`; undefined if the program is missing. */
export function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0]?.trim() : undefined;
}

const found = new Map<string, boolean>();

function need(program: string): string {
  if (!found.has(program)) found.set(program, versionOf(program) !== undefined);
  if (found.get(program) !== true) throw new Missing(`there is no ${program} here`);
  return program;
}

let folder: string | undefined;
const compiled = new Map<string, string>();

/** Removes the compiled files. Also runs at the end of the process. */
export function removeCompiled(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
  compiled.clear();
}

/** Compiles a file of `peers/` into a temporary folder. */
function compile(source: string): string {
  let binary = compiled.get(source);
  if (binary === undefined) {
    if (folder === undefined) {
      folder = mkdtempSync(join(tmpdir(), "bench-"));
      process.once("exit", removeCompiled);
    }
    binary = join(folder, basename(source, ".c"));
    const args = ["-O2", "-pthread", "-o", binary, join(PEERS, source)];
    execFileSync(need("gcc"), args, { stdio: ["ignore", "ignore", "pipe"] });
    compiled.set(source, binary);
  }
  return binary;
}

function foreign({ kind, source, args }: ForeignContestant, point: readonly string[]): [string, ...string[]] {
  if (kind === "c") return [compile(source), ...args, ...point];
  return [need("python3"), "-B", join(PEERS, source), ...args, ...point];
}

/**
 * The command that starts a contestant of a row at a point.
 *
 * @param runtime the runtime of contestants in JavaScript
 * @throws Missing if this machine lacks a program
 */
export function commandOf(
  row: Row,
  contestant: Contestant,
  self: Self,
  point: Point | undefined,
  runtime: Runtime,
): Command {
  if (process.platform !== "linux" && contestant.kind === "c") throw new Missing("the peers in C are for Linux");
  const words =
    contestant.kind === "js"
      ? ([
          ...[runtime.binary, ...runtime.args, ...(contestant.flags ?? []), CONTESTANT],
          ...[self.row, self.contestant, JSON.stringify(point ?? null)],
        ] as [string, ...string[]])
      : foreign(contestant, point === undefined ? [] : [String(point)]);
  const pinned: [string, ...string[]] =
    row.oneCore === true ? [need("taskset"), "-c", String(lastCore()), ...words] : words;
  const [file, ...args] = pinned;
  return { file, args, cwd: PEERS };
}

/** The last core: it gets the fewest interrupts and other programs. */
function lastCore(): number {
  const cores = execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
  return Number(/(\d+)\s*$/.exec(cores)?.[1] ?? availableParallelism() - 1);
}
