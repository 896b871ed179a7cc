/** Runs a program in a process group of its own, never without a limit. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Besides PATH, HOME and the like; of the caller's environment nothing else is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it counts as hung, and is killed. */
  readonly limit: number;
  /** Called when it has started: for programs that get signals. */
  readonly started?: (child: ChildProcess) => void;
  /** Asked before a hung program is killed: Node's threads tell on SIGUSR2 what they wait for. */
  readonly dumps?: boolean;
}

export interface Ended {
  /** Undefined if a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly hung: boolean;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

/** What a program needs to know of its surroundings. NODE_OPTIONS and the like would decide over the result. */
const HANDED_ON = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_CACHE_HOME"];

/** Time for a hung program to tell what its threads wait for. */
const DUMP_MS = 3000;

const running = new Set<ChildProcess>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const child of running) kill(child, "SIGKILL");
    process.exit(1);
  });
}

/** Signals the whole group: what a program has started ends with it. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export function runChild(command: Command): Promise<Ended> {
  const { file, args, cwd, env = {}, limit, started, dumps = false } = command;
  const inherited = Object.fromEntries(HANDED_ON.map((name) => [name, process.env[name]]));
  const child = spawn(file, args, {
    ...{ cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] },
    env: { ...inherited, NO_COLOR: "1", ...env },
  });
  running.add(child);
  const begun = performance.now();
  const said = { out: "", err: "" };
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    if (dumps) kill(child, "SIGUSR2");
    setTimeout(() => kill(child, "SIGKILL"), dumps ? DUMP_MS : 0);
  }, limit);
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  started?.(child);
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      running.delete(child);
    };
    child.on("error", (error) => {
      over();
      reject(error);
    });
    child.on("close", (code, signal) => {
      over();
      resolve({ code: code ?? undefined, signal: signal ?? undefined, hung, ...said, ms: performance.now() - begun });
    });
  });
}

/** How it ended, in words; undefined if well. */
export function troubleOf({ code, signal, hung, ms }: Ended): string | undefined {
  if (hung) return `HANG after ${(ms / 1000).toFixed(0)} s`;
  if (signal !== undefined) return `killed by ${signal}`;
  return code === 0 ? undefined : `exit code ${code}`;
}

/** The last lines of a text. */
export function tail(text: string, lines: number = 15): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
