import { type AbortSignalLike, checkInteger, checkTimeout, describe } from "@x/core";
import { checkKeys, isTarget } from "@x/core/internal";
import { isAsyncIterable, isIterable } from "./map-rows.js";

/** The options of `map`, its last argument. */
export interface MapOptions {
  /**
   * Milliseconds from the call of `map` to the last result; 0 only looks, Infinity waits for ever. After the
   * timeout the iterator throws TimeoutError, and cancels the calls that have not begun. Default: Infinity.
   */
  readonly timeout?: number | undefined;
  /** The number of calls in one task. Many short calls take less time together. Default: 1. */
  readonly chunksize?: number | undefined;
  /**
   * The most submitted calls without a taken result. The iterables are read no further, so they may be endless.
   * Default: no limit; for `mapAsync`, twice the calls that can run at the same time.
   */
  readonly buffersize?: number | undefined;
  /** Do the results come in the order of the arguments? False: as they are done. Default: true. */
  readonly ordered?: boolean | undefined;
}

/** The options of `mapAsync`, its last argument. */
export interface MapAsyncOptions extends MapOptions {
  /** An abort ends the iterator: it rejects with `signal.reason`, and cancels the calls that have not begun. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Options, checked. */
export interface Checked {
  readonly timeout: number;
  readonly chunksize: number;
  readonly buffersize: number | undefined;
  readonly ordered: boolean;
  readonly signal: AbortSignalLike | undefined;
}

const KNOWN = ["timeout", "chunksize", "buffersize", "ordered"];
const ALIASES = { concurrency: "buffersize", chunk: "chunksize" };

export function checkOptions(options: MapAsyncOptions, isAsync: boolean): Checked {
  checkKeys(options, isAsync ? [...KNOWN, "signal"] : KNOWN, "executor", ALIASES);
  const { timeout = Infinity, chunksize = 1, buffersize, ordered = true, signal } = options;
  checkTimeout(timeout, "executor");
  checkInteger(chunksize, "chunksize", "executor", 1, Number.MAX_SAFE_INTEGER);
  if (buffersize !== undefined) checkInteger(buffersize, "buffersize", "executor", 1, Number.MAX_SAFE_INTEGER);
  if (typeof ordered !== "boolean")
    throw new TypeError(`executor: ordered must be true or false, got ${describe(ordered)}`);
  if (signal !== undefined && typeof (signal as Partial<AbortSignalLike> | null)?.addEventListener !== "function")
    throw new TypeError(`executor: signal must be an AbortSignal, got ${describe(signal)}`);
  return { timeout, chunksize, buffersize, ordered, signal };
}

/** Is this value the options, and not an iterable? */
function isOptions(value: unknown): value is MapAsyncOptions {
  return typeof value === "object" && value !== null && !isIterable(value) && !isAsyncIterable(value);
}

/** The iterables, and the options behind them. */
export function split(args: readonly unknown[], isAsync: boolean): { iterables: readonly unknown[]; options: Checked } {
  const last = args.at(-1);
  const hasOptions = isOptions(last);
  return {
    iterables: hasOptions ? args.slice(0, -1) : args,
    options: checkOptions(hasOptions ? last : {}, isAsync),
  };
}

export function checkTarget(fn: unknown, name: string): void {
  if (isTarget(fn)) return;
  throw new TypeError(`executor: ${name} takes a function, or an object with a call method, got ${describe(fn)}`);
}
