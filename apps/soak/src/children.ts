/** The small threads that fuzz tasks start and join. */
import { expose, sleepAsync } from "@x/threading";

export const CHILDREN = ["plain", "async", "throw", "exit"] as const;
export type Child = (typeof CHILDREN)[number];

export async function child(kind: Child, n: number): Promise<number> {
  if (kind === "async") await sleepAsync(n % 4);
  if (kind === "throw") throw new RangeError(String(n));
  if (kind === "exit") process.exit(n % 100);
  return 2 * n;
}

/** Is `end`, a returned value or a thrown error, the right end? */
export function isRightEnd(kind: Child, n: number, end: unknown): boolean {
  if (kind === "throw") return end instanceof RangeError && end.message === String(n);
  if (kind === "exit") return end instanceof Error && end.message.endsWith(`process.exit(${n % 100})`);
  return end === 2 * n;
}

/** The function of the timers. */
export function fire(words: Int32Array, at: number): void {
  Atomics.add(words, at, 1);
}
expose({ child, fire });
