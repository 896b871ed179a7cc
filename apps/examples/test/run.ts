import { spawn, type SpawnOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs the built program, by the runtime that runs this. */
export const COMMAND = [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), MAIN] as const;

/** An example that hangs fails by this, before the runner of the tests gives up on it. */
const LIMIT_MS = 18_000;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** What was printed, one by one. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs the built program as a user would. Output is read as latin1: one character per byte, whatever they mean. */
export async function run(args: readonly string[], options: SpawnOptions = {}): Promise<Ran> {
  const [file, ...before] = COMMAND;
  const child = spawn(file, [...before, ...args], {
    timeout: LIMIT_MS,
    // In CI the libraries that print colours would print them into a pipe as well; and Deno, whatever else says FORCE_COLOR.
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString("latin1");
  }) as [() => string, () => string];
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject).on("close", (...end) => resolve(end));
  });
  if (signal !== null) throw new Error(`${args.join(" ")} was killed by ${signal}; it printed\n${stdout()}${stderr()}`);
  return { code, stdout: stdout(), lines: stdout().split("\n").slice(0, -1), stderr: stderr() };
}

/** Lines without the time of day in them. */
export function timeless(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/\d\d:\d\d:\d\d\.\d\d\d/, "TIME"));
}
