/** Runs a script in its own process: for ends of processes, and for READMEs. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LONG } from "./time.js";

/** A folder where scripts find the packages of this repository by name. */
const FOLDER = fileURLToPath(new URL("../../../node_modules/.cache/testkit/", import.meta.url));

export interface Ran {
  /** The exit code, or the signal. */
  readonly status: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The milliseconds from its last output to its end. */
  readonly lingered: number;
}

export interface ScriptOptions {
  /** Flags of node. */
  readonly flags?: readonly string[];
  /** Added to this process's variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; after that it is killed. */
  readonly limit?: number;
  /** It is killed after so many milliseconds without output, counted from its first output. */
  readonly silence?: number;
  /** `cjs` for a CommonJS script. */
  readonly extension?: "mjs" | "cjs";
  /** More files beside it. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Runs `code` as a module that imports the packages like a user's. */
export async function runScript(code: string, options: ScriptOptions = {}): Promise<Ran> {
  const { flags = [], env = {}, limit = LONG, silence, extension = "mjs", files = {} } = options;
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(FOLDER);
  try {
    const main = `main.${extension}`;
    for (const [name, text] of Object.entries({ ...files, [main]: code })) writeFileSync(join(folder, name), text);
    return await run([...flags, join(folder, main)], env, limit, silence);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  limit: number,
  silence: number | undefined,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      timeout: limit,
      killSignal: "SIGKILL",
    });
    const texts = { stdout: "", stderr: "" };
    let last = performance.now();
    let killer: ReturnType<typeof setTimeout> | undefined;
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
        last = performance.now();
        clearTimeout(killer);
        if (silence !== undefined) killer = setTimeout(() => child.kill("SIGKILL"), silence);
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(killer);
      resolve({ status: code ?? signal, ...texts, lingered: performance.now() - last });
    });
  });
}
