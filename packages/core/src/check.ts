/** Checks of arguments. Every public method runs them before it changes anything. */
import { Deadline } from "./deadline.js";

/**
 * The longest finite timeout, in milliseconds: 292 years. A longer one is a mistake; write
 * `Infinity` to wait for ever.
 *
 * @see Python `threading.TIMEOUT_MAX`, in seconds
 */
export const TIMEOUT_MAX = 9_223_372_036_000;

/**
 * The part of `AbortSignal` in use here. Written out, because public types must not need the DOM
 * library.
 */
export interface AbortSignalLike {
  /** Is the signal aborted? */
  readonly aborted: boolean;
  /** The reason of the abort; a promise rejects with it. */
  readonly reason?: unknown;
  /** Calls `listener` when the signal is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Removes `listener`. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The options of an async twin: milliseconds, or an object with `timeout` and `signal`. */
export type AsyncOptions =
  | number
  | {
      /**
       * The longest wait, in milliseconds: 0 only tries, Infinity waits for ever. Default:
       * Infinity.
       */
      readonly timeout?: number | undefined;
      /** Ends the wait when it is aborted: the promise rejects with `signal.reason`. */
      readonly signal?: AbortSignalLike | undefined;
    };

/**
 * The value as a short part of an error message: `"5"`, `null`, `[object Map]`, `function f`. Never
 * throws, even if a proxy or a getter of the value does.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value);
    case "function": {
      const name = functionName(value);
      return name === "" ? "an anonymous function" : `function ${name}`;
    }
    case "bigint":
      return `${value}n`;
    case "object":
      if (value === null) return "null";
      return ifItThrows("an object", () => (Array.isArray(value) ? "an array" : Object.prototype.toString.call(value)));
    default:
      return String(value);
  }
}

/** The name of a function, for reports; empty if it has none, or if its `name` is no string. */
export function functionName(value: object): string {
  const name = ifItThrows<unknown>("", () => (value as { name?: unknown }).name);
  return typeof name === "string" ? name : "";
}

/** The result of `read`, or `instead` if it throws, as a revoked proxy does, and a getter may. */
export function ifItThrows<T>(instead: T, read: () => T): T {
  try {
    return read();
  } catch {
    return instead;
  }
}

/**
 * Throws unless `timeout` is a number of milliseconds in [0, TIMEOUT_MAX] or `Infinity`.
 *
 * @param packageName the package of the caller; the error message begins with it
 * @param name the name of the parameter, if it is a time but no timeout
 */
export function checkTimeout(
  timeout: unknown,
  packageName: string,
  name: string = "timeout",
): asserts timeout is number {
  const tries = name === "timeout" ? "0 tries without waiting" : "";
  if (typeof timeout !== "number") {
    throw new TypeError(
      `${packageName}: ${name} must be a number of milliseconds (${tries && `${tries}, `}Infinity waits for ever), got ${describe(timeout)}`,
    );
  }
  if (!(timeout >= 0)) {
    throw new RangeError(
      `${packageName}: ${name} must be 0 or more milliseconds, got ${timeout}${tries && `; ${tries}`}`,
    );
  }
  if (timeout > TIMEOUT_MAX && timeout !== Infinity) {
    throw new RangeError(
      `${packageName}: ${name} ${timeout} is more than TIMEOUT_MAX (${TIMEOUT_MAX} ms); use Infinity to wait for ever`,
    );
  }
}

/** Throws unless `value` is a whole number in [least, most]. */
export function checkInteger(
  value: unknown,
  name: string,
  packageName: string,
  least: number,
  most: number,
): asserts value is number {
  if (typeof value !== "number")
    throw new TypeError(`${packageName}: ${name} must be a whole number, got ${describe(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${packageName}: ${name} must be a whole number from ${least} to ${most}, got ${value}`);
  }
}

/** Throws unless `value` is a function. */
export function checkFunction(
  value: unknown,
  name: string,
  packageName: string,
): asserts value is (...args: never) => unknown {
  if (typeof value !== "function")
    throw new TypeError(`${packageName}: ${name} must be a function, got ${describe(value)}`);
}

/**
 * Throws TypeError if `options` has an option that is not in `known`; the error names the closest
 * known option. Reads no values, because the caller reads each value once: a getter may return
 * another value the second time.
 *
 * @param aliases the name of an option in other libraries, mapped to its name here
 */
export function checkKeys(
  options: object,
  known: readonly string[],
  packageName: string,
  aliases: Readonly<Record<string, string>> = {},
): void {
  for (const key in options) {
    // Other code may have added properties to Object.prototype: they are no options.
    if (known.includes(key) || (key in Object.prototype && !Object.hasOwn(options, key))) continue;
    const meant = Object.hasOwn(aliases, key) ? aliases[key] : nearest(key.toLowerCase(), known);
    const cure = meant === undefined ? `the options are ${known.join(", ")}` : `write ${meant}`;
    throw new TypeError(`${packageName}: there is no option ${JSON.stringify(key)}; ${cure}`);
  }
}

/**
 * The known option that `key` contains, or that differs from it in at most a third of its letters.
 */
function nearest(key: string, known: readonly string[]): string | undefined {
  const distances = known.map((name) => (key.includes(name) ? 0 : editsBetween(key, name.toLowerCase())));
  const least = Math.min(...distances);
  const name = known[distances.indexOf(least)]!;
  return least <= Math.max(1, name.length / 3) ? name : undefined;
}

/** The Levenshtein distance: the number of letters to insert, delete or replace. */
function editsBetween(from: string, to: string): number {
  let row = [...to, ""].map((_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    let left = i;
    row = row.map((above, j) => {
      if (j > 0) left = Math.min(above + 1, left + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1));
      return left;
    });
  }
  return row.at(-1)!;
}

/** The options of an async twin, checked. */
interface CheckedOptions {
  /** Milliseconds; undefined if the options have no `timeout`. */
  readonly timeout: number | undefined;
  readonly deadline: Deadline;
  readonly signal: AbortSignalLike | undefined;
}

/**
 * Checks the options of an async twin, and returns their values. Callers use only these values,
 * because a getter may return another, unchecked value the second time.
 */
export function checkAsyncOptions(
  options: unknown,
  packageName: string,
  known: readonly string[] = OPTIONS,
): CheckedOptions {
  if (options === undefined) return FOR_EVER;
  if (typeof options === "number") {
    checkTimeout(options, packageName);
    return { timeout: options, deadline: Deadline.ofTask(options), signal: undefined };
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${packageName}: expected milliseconds or { timeout, signal }, got ${describe(options)}`);
  }
  const { timeout, signal } = options as { timeout?: unknown; signal?: unknown };
  if (timeout !== undefined) checkTimeout(timeout, packageName);
  checkSignal(signal, packageName);
  const isSignal = isAbortSignal(options);
  if (signal === undefined && timeout === undefined && isSignal) {
    throw new TypeError(
      `${packageName}: expected milliseconds or { timeout, signal }, got the signal itself; write { signal }`,
    );
  }
  if (!isSignal) checkKeys(options, known, packageName); // a signal with options as its own fields has other fields, too
  return { timeout, deadline: timeout === undefined ? Deadline.NEVER : Deadline.ofTask(timeout), signal };
}

const OPTIONS = ["timeout", "signal"];

const FOR_EVER: CheckedOptions = { timeout: undefined, deadline: Deadline.NEVER, signal: undefined };

/** Throws unless `signal` is undefined or an `AbortSignal`. */
export function checkSignal(signal: unknown, packageName: string): asserts signal is AbortSignalLike | undefined {
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new TypeError(`${packageName}: signal must be an AbortSignal, got ${describe(signal)}`);
  }
}

function isAbortSignal(value: unknown): value is AbortSignalLike {
  const signal = value as Partial<AbortSignalLike> | null;
  return (
    typeof signal === "object" &&
    signal !== null &&
    typeof signal.aborted === "boolean" &&
    typeof signal.addEventListener === "function" &&
    typeof signal.removeEventListener === "function"
  );
}

/** Is it a promise, of this realm or another? Test runners give each file a realm of its own. */
export function isPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== "object") return false;
  return ifItThrows(
    false,
    () => value instanceof Promise || Object.prototype.toString.call(value) === "[object Promise]",
  );
}
