/** Functions that a thread hands on to those that it starts. */
import { callTransferred, checkFunction, type TransferableCallable, transferableCallable } from "@x/core";
import { nextTurn } from "../table/counters.js";

/** As they travel: exposed functions as themselves, others as text. */
export interface Inherited {
  /** Counts up with each change in any thread: what arrives late must not undo what came later. */
  readonly turn: number;
  /** What to do with errors that nobody caught; undefined is the default. */
  readonly hook?: TransferableCallable | undefined;
  readonly trace?: TransferableCallable | undefined;
  readonly profile?: TransferableCallable | undefined;
}

const NOTHING: Inherited = { turn: 0 };

let current = NOTHING;
/** The last that another thread has told all. */
let told = NOTHING;

/** What threads that are started here and now inherit; undefined if nothing has ever been set. */
export function inheritance(): Inherited | undefined {
  const { turn, hook, trace, profile } = current;
  if (turn === 0) return undefined;
  const ready = (func: TransferableCallable | undefined): TransferableCallable | undefined =>
    func && transferableCallable(func, "thread");
  return { turn, hook: ready(hook), trace: ready(trace), profile: ready(profile) };
}

/** The thread that runs here now was started with these; its starter may not have been told yet what all were told. */
export function inherit(inherited: Inherited = NOTHING): void {
  current = inherited.turn < told.turn ? told : inherited;
}

/** Another thread has told all threads to hand these on. Says whether that is news. */
export function inheritNewer(inherited: Inherited): boolean {
  if (inherited.turn > told.turn) told = inherited;
  if (inherited.turn <= current.turn) return false;
  current = inherited;
  return true;
}

/**
 * Sets one, here and for threads to come.
 *
 * @throws TypeError if it is no function, or could not travel; then nothing has changed
 */
export function bequeath(key: "hook" | "trace" | "profile", func: unknown): void {
  if (func !== undefined) {
    checkFunction(func, `the ${key} function`, "thread");
    transferableCallable(func, "thread");
  }
  current = { ...current, turn: nextTurn(), [key]: func };
}

/** The function, to be called here; one that came as text is the same function each time it is asked for. */
export function inheritedFunction<A>(key: "hook" | "trace" | "profile"): ((argument: A) => unknown) | undefined {
  const func = current[key];
  if (func === undefined || typeof func === "function") return func as ((argument: A) => unknown) | undefined;
  let call = recreated.get(func);
  if (call === undefined) recreated.set(func, (call = (argument) => callTransferred(func, [argument])));
  return call;
}

const recreated = new WeakMap<object, (argument: unknown) => unknown>();
