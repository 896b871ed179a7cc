/** The calls of map: each in a task of its own, or several in a task (a chunk). */
import { expose, isPromise } from "@x/core";
import { callTransferred, type TransferableCallable } from "@x/core/internal";
import { type Future } from "./future.js";

/** The arguments of a call. */
export type Row = readonly unknown[];

/** How a call has ended. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * The results of a chunk, and the indices of the errors among them. Not a list of outcomes, because an object
 * per result is slower to send.
 */
interface ChunkResults {
  readonly results: readonly unknown[];
  readonly failed: readonly number[];
}

/** Runs the calls of a chunk, one after the other. */
export async function runChunk(target: TransferableCallable, rows: readonly Row[]): Promise<ChunkResults> {
  const results: unknown[] = [];
  const failed: number[] = [];
  for (const row of rows) {
    try {
      const result = callTransferred(target, row);
      results.push(isPromise(result) ? await result : result);
    } catch (error) {
      failed.push(results.push(error) - 1);
    }
  }
  return { results, failed };
}

expose(import.meta.url, { "executor: calls of map": runChunk });

/** The calls of one task. */
export interface Calls {
  readonly future: Future<unknown>;
  readonly count: number;
  readonly isChunk: boolean;
}

/** The outcomes of the calls in a done task. */
export function outcomesOf({ future, count, isChunk }: Calls): readonly Outcome[] {
  let value: unknown;
  try {
    value = future.result(0);
  } catch (error) {
    return Array.from({ length: count }, () => ({ error }));
  }
  if (!isChunk) return [{ value }];
  const { results, failed } = value as ChunkResults;
  const errors = new Set(failed);
  return results.map((result, i) => (errors.has(i) ? { error: result } : { value: result }));
}
