import { describe } from "@x/core";
import { Future } from "./future.js";

/** The futures of an iterable, without duplicates. */
export function futuresOf<F extends Future<unknown>>(futures: Iterable<F>, name: string): Set<F> {
  if (futures instanceof Future)
    throw new TypeError(`executor: ${name} takes an iterable of futures, got one future; write [future]`);
  if (typeof (futures as Partial<Iterable<F>> | null | undefined)?.[Symbol.iterator] !== "function")
    throw new TypeError(`executor: ${name} takes an iterable of futures, such as an array, got ${describe(futures)}`);
  const all = new Set(futures);
  for (const future of all) {
    if (future instanceof Future) continue;
    throw new TypeError(`executor: ${name} takes futures, the results of submit, got ${describe(future)}`);
  }
  return all;
}
