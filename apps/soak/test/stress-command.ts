/** Runs `npm run stress`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `npm run stress` with the arguments. `preload` is a module of this folder: it breaks
 * something in every thread.
 */
export function stress(args: readonly string[], preload?: string): Promise<Ran> {
  const NODE_OPTIONS = preload === undefined ? "" : `--import=${new URL(preload, import.meta.url).href}`;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, NODE_OPTIONS }, timeout: 200_000 });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...texts }));
  });
}
