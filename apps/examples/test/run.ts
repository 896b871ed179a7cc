import { spawn, type SpawnOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs the built program, by the runtime of this test. */
export const COMMAND = [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), MAIN] as const;

/** Ends a hung example before the test runner's own timeout. */
const LIMIT_MS = 18_000;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** The printed lines. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs the built program like a user. Reads output as latin1: one character per byte. */
export async function run(args: readonly string[], options: SpawnOptions = {}): Promise<Ran> {
  const [file, ...before] = COMMAND;
  const child = spawn(file, [...before, ...args], {
    timeout: LIMIT_MS,
    // In CI, libraries would print colours into a pipe; and Deno prints them in spite of
    // FORCE_COLOR.
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
export function withoutTimes(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/\d\d:\d\d:\d\d\.\d\d\d/, "TIME"));
}
