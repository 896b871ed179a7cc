/** What happens to an error that a thread did not catch. */
import { checkFunction, describe, getIdent } from "@x/core";
import { ifItThrows } from "@x/core/internal";
import { exceptionText } from "../diagnostics/exception-text.js";
import { host } from "../platform/host.js";
import { setHook, hookFunction } from "../protocol/hooks.js";
import type { Thread } from "./thread.js";

/** What the hook is told. */
export interface ExceptHookArgs {
  /** The class of what was thrown; undefined if it was no object. */
  readonly excType: unknown;
  /** What was thrown. */
  readonly excValue: unknown;
  /** Its stack; undefined if it has none. */
  readonly excTraceback: string | undefined;
  /** The thread that did not catch it; still alive. */
  readonly thread: Thread | undefined;
}

/** What is called with an error that a thread did not catch: see {@link setExceptHook}. What it returns is dropped. */
export type ExceptHook = (args: ExceptHookArgs) => unknown;

/**
 * Reports an error that a thread did not catch on standard error: `Exception in thread Thread-1 (loop):` and the stack.
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
 * Replaces what is done with errors that threads do not catch. Applies to this thread and to those that it starts from now
 * on, and they start; it runs in the thread that failed, so it travels as a target does: expose it, unless it refers to
 * nothing around it.
 *
 *     export function log({ excValue, thread }: ExceptHookArgs) { … }
 *     expose(import.meta, { log });
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

/** The hook that applies in this thread. */
export function getExceptHook(): ExceptHook {
  return hookFunction<ExceptHookArgs>("hook") ?? exceptHook;
}

/** Reports what a thread did not catch. A hook that fails itself is reported in its turn. */
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
