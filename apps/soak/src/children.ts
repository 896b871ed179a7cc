/** The small threads that fuzz tasks start and join. */
import { expose, sleepAsync } from "@x/threading";
import { exit, tellsOfExit } from "./exit.js";

export const CHILDREN = ["plain", "async", "throw", "exit"] as const;
export type Child = (typeof CHILDREN)[number];

export async function child(kind: Child, n: number): Promise<number> {
  if (kind === "async") await sleepAsync(n % 4);
  if (kind === "throw") throw new RangeError(String(n));
  if (kind === "exit") {
    exit(n % 100);
    await new Promise(() => undefined); // in a browser the worker ends at the next turn
  }
  return 2 * n;
}

/** Is `end`, a returned value or a thrown error, the right end? */
export function isRightEnd(kind: Child, n: number, end: unknown): boolean {
  if (kind === "throw") return end instanceof RangeError && end.message === String(n);
  if (kind === "exit") return end instanceof Error && tellsOfExit(end.message, n % 100);
  return end === 2 * n;
}

/** The function of the timers. */
export function fire(words: Int32Array, at: number): void {
  Atomics.add(words, at, 1);
}
expose({ child, fire });
