/** Runs a program in its own process group, always with a limit. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Added to PATH, HOME and the like; the caller's other variables are not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; after that the program is hung, and is killed. */
  readonly limit: number;
  /** Called at the start: for programs that receive signals. */
  readonly started?: (child: ChildProcess) => void;
  /** Sent to a hung program before the kill: on SIGUSR2, Node's threads print their waits. */
  readonly dumps?: boolean;
}

export interface Ended {
  /** Undefined after a signal. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly hung: boolean;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

/** The environment variables a program needs. NODE_OPTIONS and the like would change the result. */
const HANDED_ON = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_CACHE_HOME"];

/** The time for a hung program to print its waits. */
const DUMP_MS = 3000;

const running = new Set<ChildProcess>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const child of running) kill(child, "SIGKILL");
    process.exit(1);
  });
}

/** Signals the whole group, so the program's children end with it. */
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

/** How it ended, in words; undefined for a normal end. */
export function troubleOf({ code, signal, hung, ms }: Ended): string | undefined {
  if (hung) return `HANG after ${(ms / 1000).toFixed(0)} s`;
  if (signal !== undefined) return `killed by ${signal}`;
  return code === 0 ? undefined : `exit code ${code}`;
}

/** The last lines of a text. */
export function tail(text: string, lines: number = 15): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
