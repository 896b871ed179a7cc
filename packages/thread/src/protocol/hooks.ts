/** Hooks: functions that a thread hands to the threads it starts. */
import { callTransferred, checkFunction, type TransferableCallable, transferableCallable } from "@x/core";
import { nextTurn } from "../table/counters.js";

/** Hooks as a message: exposed functions as themselves, others as text. */
export interface Inherited {
  /**
   * The revision: it grows with each change in any thread. A late message must not undo a later
   * change.
   */
  readonly turn: number;
  /** Handles uncaught errors; undefined is the default. */
  readonly hook?: TransferableCallable | undefined;
  readonly trace?: TransferableCallable | undefined;
  readonly profile?: TransferableCallable | undefined;
}

const NOTHING: Inherited = { turn: 0 };

let current = NOTHING;
/** The newest hooks that another thread has broadcast. */
let told = NOTHING;

/** The hooks for threads started now; undefined if none was ever set. */
export function inheritance(): Inherited | undefined {
  const { turn, hook, trace, profile } = current;
  if (turn === 0) return undefined;
  const ready = (func: TransferableCallable | undefined): TransferableCallable | undefined =>
    func && transferableCallable(func, "thread");
  return { turn, hook: ready(hook), trace: ready(trace), profile: ready(profile) };
}

/**
 * Installs the hooks the thread was started with, unless a broadcast brought newer ones. Its
 * starter
 * may not have received that broadcast.
 */
export function inherit(inherited: Inherited = NOTHING): void {
  current = inherited.turn < told.turn ? told : inherited;
}

/** Installs broadcast hooks. Returns false if they are not newer than the current ones. */
export function inheritNewer(inherited: Inherited): boolean {
  if (inherited.turn > told.turn) told = inherited;
  if (inherited.turn <= current.turn) return false;
  current = inherited;
  return true;
}

/**
 * Sets a hook for this thread and the threads it starts.
 *
 * @throws TypeError if it is no function, or cannot travel; then nothing has changed
 */
export function bequeath(key: "hook" | "trace" | "profile", func: unknown): void {
  if (func !== undefined) {
    checkFunction(func, `the ${key} function`, "thread");
    transferableCallable(func, "thread");
  }
  current = { ...current, turn: nextTurn(), [key]: func };
}

/**
 * The hook, to be called in this thread. A hook that arrived as text gives the same function each
 * time.
 */
export function inheritedFunction<A>(key: "hook" | "trace" | "profile"): ((argument: A) => unknown) | undefined {
  const func = current[key];
  if (func === undefined || typeof func === "function") return func as ((argument: A) => unknown) | undefined;
  let call = recreated.get(func);
  if (call === undefined) recreated.set(func, (call = (argument) => callTransferred(func, [argument])));
  return call;
}

const recreated = new WeakMap<object, (argument: unknown) => unknown>();
