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
  /** Has it been aborted? */
  readonly aborted: boolean;
  /** Why: what a promise is rejected with. */
  readonly reason?: unknown;
  /** Calls back when it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Calls back no more. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What an async twin takes: milliseconds, or an object with `timeout` and an `AbortSignal`. */
export type AsyncOptions =
  | number
  | {
      /** How long to wait, in milliseconds: 0 only tries, Infinity waits for ever. Default: Infinity. */
      readonly timeout?: number | undefined;
      /** Ends the wait when it is aborted: the promise rejects with `signal.reason`. */
      readonly signal?: AbortSignalLike | undefined;
    };

/**
 * The value as a short piece of an error message: `"5"`, `null`, `[object Map]`, `function f`. Never throws, whatever the value does
 * when it is looked at.
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

/** For reports; empty if it has none, or one that is no string. */
export function functionName(value: object): string {
  const name = ifItThrows<unknown>("", () => (value as { name?: unknown }).name);
  return typeof name === "string" ? name : "";
}

/** What `look` finds, or `instead`: a proxy that was revoked throws whatever is asked of it, and a getter may. */
export function ifItThrows<T>(instead: T, look: () => T): T {
  try {
    return look();
  } catch {
    return instead;
  }
}

/**
 * Throws unless `timeout` is a number of milliseconds in [0, TIMEOUT_MAX] or `Infinity`.
 *
 * @param who the package that speaks, as error messages begin with it
 * @param name what the parameter is called, if it is a time but no timeout
 */
export function checkTimeout(timeout: unknown, who: string, name: string = "timeout"): asserts timeout is number {
  const tries = name === "timeout" ? "0 tries without waiting" : "";
  if (typeof timeout !== "number") {
    throw new TypeError(
      `${who}: ${name} must be a number of milliseconds (${tries && `${tries}, `}Infinity waits for ever), got ${describe(timeout)}`,
    );
  }
  if (!(timeout >= 0)) {
    throw new RangeError(`${who}: ${name} must be 0 or more milliseconds, got ${timeout}${tries && `; ${tries}`}`);
  }
  if (timeout > TIMEOUT_MAX && timeout !== Infinity) {
    throw new RangeError(
      `${who}: ${name} ${timeout} is more than TIMEOUT_MAX (${TIMEOUT_MAX} ms); use Infinity to wait for ever`,
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

/**
 * Throws TypeError if `options` has an option that is none of `known`; the error names the one that was meant. Asks for no value, so that
 * each is read once, by its reader.
 *
 * @param aliases what an option is called elsewhere, and its name here
 */
export function checkKeys(
  options: object,
  known: readonly string[],
  who: string,
  aliases: Readonly<Record<string, string>> = {},
): void {
  for (const key in options) {
    // What others have put onto Object.prototype is not for us.
    if (known.includes(key) || (key in Object.prototype && !Object.hasOwn(options, key))) continue;
    const meant = Object.hasOwn(aliases, key) ? aliases[key] : nearest(key.toLowerCase(), known);
    const cure = meant === undefined ? `the options are ${known.join(", ")}` : `write ${meant}`;
    throw new TypeError(`${who}: there is no option ${JSON.stringify(key)}; ${cure}`);
  }
}

/** The one of `known` that `key` was probably meant to be: what is in it, or all but one letter in three. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const distances = known.map((name) => (key.includes(name) ? 0 : editsBetween(key, name.toLowerCase())));
  const least = Math.min(...distances);
  const name = known[distances.indexOf(least)]!;
  return least <= Math.max(1, name.length / 3) ? name : undefined;
}

/** How many letters have to be put in, left out or replaced. */
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

/** What the options of an async twin mean. */
interface CheckedOptions {
  /** Undefined if they say nothing of it. */
  readonly timeout: number | undefined;
  readonly deadline: Deadline;
  readonly signal: AbortSignalLike | undefined;
}

/**
 * Throws unless `options` is what an async twin takes; returns what it means. Look there, and no more at the options: a getter may say
 * something else the second time, and nobody would check that.
 */
export function checkAsyncOptions(options: unknown, who: string, known: readonly string[] = OPTIONS): CheckedOptions {
  if (options === undefined) return FOR_EVER;
  if (typeof options === "number") {
    checkTimeout(options, who);
    return { timeout: options, deadline: Deadline.ofTask(options), signal: undefined };
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${who}: expected milliseconds or { timeout, signal }, got ${describe(options)}`);
  }
  const { timeout, signal } = options as { timeout?: unknown; signal?: unknown };
  if (timeout !== undefined) checkTimeout(timeout, who);
  checkSignal(signal, who);
  const isSignal = isAbortSignal(options);
  if (signal === undefined && timeout === undefined && isSignal) {
    throw new TypeError(
      `${who}: expected milliseconds or { timeout, signal }, got the signal itself; write { signal }`,
    );
  }
  if (!isSignal) checkKeys(options, known, who); // a signal that has options has all that makes it a signal besides
  return { timeout, deadline: timeout === undefined ? Deadline.NEVER : Deadline.ofTask(timeout), signal };
}

const OPTIONS = ["timeout", "signal"];

const FOR_EVER: CheckedOptions = { timeout: undefined, deadline: Deadline.NEVER, signal: undefined };

function checkSignal(signal: unknown, who: string): asserts signal is AbortSignalLike | undefined {
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new TypeError(`${who}: signal must be an AbortSignal, got ${describe(signal)}`);
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

/** A promise, also of another realm: test runners give each file one. */
export function isPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== "object") return false;
  return ifItThrows(
    false,
    () => value instanceof Promise || Object.prototype.toString.call(value) === "[object Promise]",
  );
}
