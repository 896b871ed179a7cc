/** The small threads that walkers start and join. */
import { expose, sleepAsync } from "@x/threading";

export const CHILDREN = ["plain", "async", "throw", "exit"] as const;
export type Child = (typeof CHILDREN)[number];

export async function child(kind: Child, n: number): Promise<number> {
  if (kind === "async") await sleepAsync(n % 4);
  if (kind === "throw") throw new RangeError(String(n));
  if (kind === "exit") process.exit(n % 100);
  return 2 * n;
}

/** Is `end`, what it returned or threw, what it should have? */
export function isRightEnd(kind: Child, n: number, end: unknown): boolean {
  if (kind === "throw") return end instanceof RangeError && end.message === String(n);
  if (kind === "exit") return end instanceof Error && end.message.endsWith(`process.exit(${n % 100})`);
  return end === 2 * n;
}

/** What timers do. */
export function fire(words: Int32Array, at: number): void {
  Atomics.add(words, at, 1);
}
expose(import.meta, { child, fire });
