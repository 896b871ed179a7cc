/** The hook for uncaught errors of threads. */
import { checkFunction, describe, getIdent } from "@x/core";
import { ifItThrows } from "@x/core/internal";
import { exceptionText } from "../diagnostics/exception-text.js";
import { host } from "../platform/host.js";
import { setHook, hookFunction } from "../protocol/hooks.js";
import type { Thread } from "./thread.js";

/** The argument of an except hook. */
export interface ExceptHookArgs {
  /** The class of the thrown value; undefined if it was no object. */
  readonly excType: unknown;
  /** The thrown value. */
  readonly excValue: unknown;
  /** Its stack; undefined if it has none. */
  readonly excTraceback: string | undefined;
  /** The failed thread; it is still alive. */
  readonly thread: Thread | undefined;
}

/**
 * Handles uncaught errors of threads: see {@link setExceptHook}. The result of the function is
 * ignored.
 */
export type ExceptHook = (args: ExceptHookArgs) => unknown;

/**
 * Reports an uncaught error on standard error: `Exception in thread Thread-1 (loop):` and the
 * stack.
 *
 * @see Python `threading.__excepthook__`
 */
export function exceptHook(args: ExceptHookArgs): void {
  if (typeof args !== "object" || args === null)
    throw new TypeError(`thread: exceptHook takes { excValue, thread }, got ${describe(args)}`);
  const { excValue, thread } = args;
  host().writeError(exceptionText(String(thread?.name ?? getIdent()), excValue));
}

/**
 * Sets the hook for uncaught errors. It applies to this thread, to the threads it starts from now
 * on, and to all their descendants. The hook runs in the failed thread, so it travels like a target:
 * expose it, unless it uses nothing from around it.
 *
 *     export function log({ excValue, thread }: ExceptHookArgs) { … }
 *     expose({ log });
 *     setExceptHook(log);
 *     setExceptHook(exceptHook);                              // back to the default
 *
 * @throws TypeError if `hook` is no function, or cannot travel
 * @see Python assigns to `threading.excepthook`, for all threads at once
 */
export function setExceptHook(hook: ExceptHook): void {
  checkFunction(hook, "the hook function", "thread");
  setHook("hook", hook === exceptHook ? undefined : hook);
}

/** Returns the except hook of this thread. */
export function getExceptHook(): ExceptHook {
  return hookFunction<ExceptHookArgs>("hook") ?? exceptHook;
}

/** Reports an uncaught error by the hook. An error of the hook is reported, too. */
export function report(thread: Thread | undefined, error: unknown): void {
  const object = typeof error === "object" && error !== null ? error : undefined;
  const stack = ifItThrows<unknown>(undefined, () => (object as { stack?: unknown } | undefined)?.stack);
  try {
    getExceptHook()({
      excType: object?.constructor,
      excValue: error,
      excTraceback: typeof stack === "string" ? stack : undefined,
      thread,
    });
  } catch (failed) {
    host().writeError(`Exception in threading.excepthook:\n${host().inspectError(failed)}\n`);
    exceptHook({ excType: undefined, excValue: error, excTraceback: undefined, thread });
  }
}
