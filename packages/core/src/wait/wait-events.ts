/**
 * Reports each wait of this thread to a listener. Without a listener, a wait costs a read of a
 * field more.
 */
import { checkFunction } from "../check.js";
import { globalSlot } from "../global-slot.js";
import { clock } from "../platform/clock.js";

/** The start or the end of a wait, of a thread or of a task. */
export interface WaitEvent {
  /** `block`: the wait starts. `unblock`: it ends. */
  readonly event: "block" | "unblock";
  /** The package of the primitive: `lock`, `event`, `thread`, … */
  readonly on: string;
  /** Does a task wait, rather than the whole thread? */
  readonly isTask: boolean;
  /** Milliseconds since the start of the wait; 0 at its start. */
  readonly waited: number;
}

/** The listener to the waits of this thread. */
export const waitEvents = /* @__PURE__ */ globalSlot("wait events 1", () => ({
  listener: undefined as ((event: WaitEvent) => void) | undefined,
}));

/**
 * Calls `listener` at the start and at the end of each wait on a primitive in this thread. Replaces
 * the listener of an earlier call; undefined removes it.
 *
 * @throws TypeError if `listener` is neither a function nor undefined
 */
export function onWait(listener: ((event: WaitEvent) => void) | undefined): void {
  if (listener !== undefined) checkFunction(listener, "the listener", "core");
  waitEvents.listener = listener;
}

/**
 * Reports the start of a wait; returns a function that reports its end, or undefined
 * without a listener.
 */
export function waitBegins(on: string, isTask: boolean): (() => void) | undefined {
  if (waitEvents.listener === undefined || waitEvents.listener === ignoreEvent) return undefined;
  report({ event: "block", on, isTask, waited: 0 });
  const begun = clock.now();
  return () => report({ event: "unblock", on, isTask, waited: clock.now() - begun });
}

/**
 * Calls the listener. Waits inside the listener are not reported, because the reports would never
 * end. The listener may replace itself by {@link onWait}.
 */
function report(event: WaitEvent): void {
  const listener = waitEvents.listener;
  waitEvents.listener = ignoreEvent;
  try {
    listener?.(event);
  } finally {
    if (waitEvents.listener === ignoreEvent) waitEvents.listener = listener;
  }
}

/** Replaces the listener while the listener runs. */
function ignoreEvent(): void {}
