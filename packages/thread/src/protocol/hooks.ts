/** Hooks: a thread hands these functions to the threads it starts. */
import { checkFunction } from "@x/core";
import { callTransferred, type TransferableCallable, transferableCallable } from "@x/core/internal";
import { nextRevision } from "../table/counters.js";

/** The posted form of hooks: exposed functions travel as themselves, others as text. */
export interface Hooks {
  /**
   * The revision: it grows with each change in any thread. A late message must not undo a later
   * change.
   */
  readonly revision: number;
  /** Handles uncaught errors; undefined is the default. */
  readonly hook?: TransferableCallable | undefined;
  readonly trace?: TransferableCallable | undefined;
  readonly profile?: TransferableCallable | undefined;
}

const NOTHING: Hooks = { revision: 0 };

let current = NOTHING;
/** The newest hooks broadcast by another thread. */
let broadcast = NOTHING;

/** The hooks for threads started now; undefined if none was ever set. */
export function currentHooks(): Hooks | undefined {
  const { revision, hook, trace, profile } = current;
  if (revision === 0) return undefined;
  const ready = (func: TransferableCallable | undefined): TransferableCallable | undefined =>
    func && transferableCallable(func, "thread");
  return { revision, hook: ready(hook), trace: ready(trace), profile: ready(profile) };
}

/**
 * Installs the hooks the thread was started with, unless a broadcast brought newer hooks. Its starter
 * may not have received the broadcast.
 */
export function adoptHooks(hooks: Hooks = NOTHING): void {
  current = hooks.revision < broadcast.revision ? broadcast : hooks;
}

/** Installs broadcast hooks. Returns false if they are not newer than the current ones. */
export function adoptNewerHooks(hooks: Hooks): boolean {
  if (hooks.revision > broadcast.revision) broadcast = hooks;
  if (hooks.revision <= current.revision) return false;
  current = hooks;
  return true;
}

/**
 * Sets a hook for this thread and the threads it starts.
 *
 * @throws TypeError if it is no function, or cannot travel; then nothing has changed
 */
export function setHook(key: "hook" | "trace" | "profile", func: unknown): void {
  if (func !== undefined) {
    checkFunction(func, `the ${key} function`, "thread");
    transferableCallable(func, "thread");
  }
  current = { ...current, revision: nextRevision(), [key]: func };
}

/**
 * The hook, to be called in this thread. If a hook arrived as text, the text gives the same function
 * each time.
 */
export function hookFunction<A>(key: "hook" | "trace" | "profile"): ((argument: A) => unknown) | undefined {
  const func = current[key];
  if (func === undefined || typeof func === "function") return func as ((argument: A) => unknown) | undefined;
  let call = recreated.get(func);
  if (call === undefined) recreated.set(func, (call = (argument) => callTransferred(func, [argument])));
  return call;
}

const recreated = new WeakMap<object, (argument: unknown) => unknown>();
