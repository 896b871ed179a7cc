/** Runs whole programs, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The longest time in ms of a program. Then it is killed, and `code` is null. */
const LIMIT = 40_000;

/** The longest time in ms of its test, which may wait for other programs first. */
export const TIMEOUT_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  /** The signal at its end. */
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  /** Both streams, in order of arrival. */
  readonly all: string;
}

export interface How {
  /** Flags of Node. */
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A limit of the shell, such as `-n 256`. */
  readonly ulimit?: string;
  /** The standard error of the shell: a file, or `&-`, which closes it. */
  readonly stderr?: string;
  /** Returns true when the output is complete: then the program is killed, and `code` is null. */
  readonly until?: (said: { readonly out: string; readonly err: string }) => boolean;
  /** Sends each signal after the program has printed the text before it, in this order. */
  readonly signals?: readonly (readonly [said: string, signal: NodeJS.Signals])[];
  /** The standard input; empty by default. */
  readonly input?: string;
  /** Delays the first read of standard output by this number of milliseconds. */
  readonly readAfter?: number;
}

export const PROGRAMS: string = fileURLToPath(new URL("thread.programs.mjs", import.meta.url));

/** Runs a program of `thread.programs.mjs`. */
export function program(name: string, how: How = {}): Promise<Ended> {
  return node([PROGRAMS, name], how);
}

export async function node(args: readonly string[], how: How = {}): Promise<Ended> {
  const {
    flags = [],
    args: more = [],
    env = {},
    ulimit,
    stderr,
    readAfter = 0,
    until = () => false,
    signals = [],
    input,
  } = how;
  const command = [process.execPath, ...flags, ...args, ...more];
  const before = [ulimit && `ulimit ${ulimit};`, stderr && `exec 2>${stderr};`].filter(Boolean).join(" ");
  const shell = before === "" ? [] : ["sh", "-c", `${before} exec "$@"`, "sh"];
  const [file, ...rest] = [...shell, ...command] as [string, ...string[]];
  const child = spawn(file, rest, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { PATH: process.env["PATH"], ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(input);
  const killer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  try {
    return await ended(child, readAfter, until, signals);
  } finally {
    clearTimeout(killer);
  }
}

async function ended(
  child: ChildProcess,
  readAfter: number,
  until: NonNullable<How["until"]>,
  signals: NonNullable<How["signals"]>,
): Promise<Ended> {
  let sent = 0;
  const said = { out: "", err: "", all: "" };
  const listen = (name: "out" | "err", stream: ChildProcess["stdout"]): void => {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      said.all += text;
      if (until(said)) child.kill("SIGKILL");
      for (let next; (next = signals[sent]) !== undefined && said.all.includes(next[0]); sent++) child.kill(next[1]);
    });
  };
  listen("err", child.stderr);
  if (readAfter > 0) await new Promise((resolve) => setTimeout(resolve, readAfter));
  listen("out", child.stdout);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  // On a loaded machine the last output of a program may take a second to arrive.
  const err = signals.length > 0 ? said.err : said.err.replace(/^thread: the process ends when .* ended: .*\n/gm, "");
  return { code, signal, ...said, err };
}
