/** Runs whole programs, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** So long may a program take: it is killed then, and `code` is null. */
const LIMIT = 40_000;

/** And so long its test, in which it may have to wait for others. */
export const PATIENCE = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Both, in the order in which they came. */
  readonly all: string;
}

export interface How {
  /** Flags of Node. */
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A limit of the shell's, such as `-n 256`. */
  readonly ulimit?: string;
  /** It has said all that is awaited: it is killed, and `code` is null. */
  readonly until?: (said: { readonly out: string; readonly err: string }) => boolean;
  /** Reads standard output so slowly: as many milliseconds pass before it begins. */
  readonly readAfter?: number;
}

export const PROGRAMS: string = fileURLToPath(new URL("thread.programs.mjs", import.meta.url));

/** Runs one of the programs of `thread.programs.mjs`. */
export function program(name: string, how: How = {}): Promise<Ended> {
  return node([PROGRAMS, name], how);
}

export async function node(args: readonly string[], how: How = {}): Promise<Ended> {
  const { flags = [], args: more = [], env = {}, ulimit, readAfter = 0, until = () => false } = how;
  const command = [process.execPath, ...flags, ...args, ...more];
  const shell = ulimit === undefined ? [] : ["sh", "-c", `ulimit ${ulimit}; exec "$@"`, "sh"];
  const [file, ...rest] = [...shell, ...command] as [string, ...string[]];
  const child = spawn(file, rest, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const killer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  try {
    return await ended(child, readAfter, until);
  } finally {
    clearTimeout(killer);
  }
}

async function ended(child: ChildProcess, readAfter: number, until: NonNullable<How["until"]>): Promise<Ended> {
  const said = { out: "", err: "", all: "" };
  const listen = (name: "out" | "err", stream: ChildProcess["stdout"]): void => {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      said.all += text;
      if (until(said)) child.kill("SIGKILL");
    });
  };
  listen("err", child.stderr);
  if (readAfter > 0) await new Promise((resolve) => setTimeout(resolve, readAfter));
  listen("out", child.stdout);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...said };
}
