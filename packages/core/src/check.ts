/** Checks of arguments: every public method runs them before it touches anything. */
import { Deadline } from "./deadline.js";

/**
 * The longest finite timeout, in milliseconds: 292 years. Anything beyond it is a mistake, or meant to be `Infinity`.
 *
 * @see Python `threading.TIMEOUT_MAX`, in seconds
 */
export const TIMEOUT_MAX = 9_223_372_036_000;

/** The part of `AbortSignal` that is used here; spelled out so that no public type needs the DOM library. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What an async twin takes: milliseconds, or an object with `timeout` and an `AbortSignal`. */
export type AsyncOptions =
  number | { readonly timeout?: number | undefined; readonly signal?: AbortSignalLike | undefined };

/** The value as a short piece of an error message: `"5"`, `null`, `[object Map]`, `function f`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value);
    case "function":
      return value.name ? `function ${value.name}` : "an anonymous function";
    case "bigint":
      return `${value}n`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : Object.prototype.toString.call(value);
    default:
      return String(value);
  }
}

/**
 * Throws unless `timeout` is a number of milliseconds in [0, TIMEOUT_MAX] or `Infinity`.
 *
 * @param who the package that speaks, as error messages begin with it
 */
export function checkTimeout(timeout: unknown, who: string): asserts timeout is number {
  if (typeof timeout !== "number") {
    throw new TypeError(
      `${who}: timeout must be a number of milliseconds (0 tries without waiting, Infinity waits for ever), got ${describe(timeout)}`,
    );
  }
  if (!(timeout >= 0)) {
    throw new RangeError(`${who}: timeout must be 0 or more milliseconds, got ${timeout}; 0 tries without waiting`);
  }
  if (timeout > TIMEOUT_MAX && timeout !== Infinity) {
    throw new RangeError(
      `${who}: timeout ${timeout} is more than TIMEOUT_MAX (${TIMEOUT_MAX} ms); use Infinity to wait for ever`,
    );
  }
}

/** Throws unless `value` is a whole number in [least, most]. */
export function checkInteger(
  value: unknown,
  name: string,
  who: string,
  least: number,
  most: number,
): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${who}: ${name} must be a whole number, got ${describe(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${who}: ${name} must be a whole number from ${least} to ${most}, got ${value}`);
  }
}

/** Throws unless `value` is a function. */
export function checkFunction(value: unknown, name: string, who: string): asserts value is (...args: never) => unknown {
  if (typeof value !== "function") throw new TypeError(`${who}: ${name} must be a function, got ${describe(value)}`);
}

/** Throws unless `options` is what an async twin takes; returns the deadline and the signal that it means. */
export function checkAsyncOptions(
  options: unknown,
  who: string,
): { readonly deadline: Deadline; readonly signal: AbortSignalLike | undefined } {
  if (options === undefined) return FOR_EVER;
  if (typeof options === "number") {
    checkTimeout(options, who);
    return { deadline: Deadline.after(options), signal: undefined };
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${who}: expected milliseconds or { timeout, signal }, got ${describe(options)}`);
  }
  const { timeout = Infinity, signal } = options as { timeout?: unknown; signal?: unknown };
  checkTimeout(timeout, who);
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new TypeError(`${who}: signal must be an AbortSignal, got ${describe(signal)}`);
  }
  return { deadline: Deadline.after(timeout), signal };
}

const FOR_EVER = { deadline: Deadline.NEVER, signal: undefined };

function isAbortSignal(value: unknown): value is AbortSignalLike {
  const signal = value as Partial<AbortSignalLike> | null;
  return (
    typeof signal === "object" &&
    signal !== null &&
    typeof signal.aborted === "boolean" &&
    typeof signal.addEventListener === "function"
  );
}
