/** Tells whoever wants to know when a thread waits, and for how long. Costs one look at a field where somebody waits, and nothing elsewhere. */
import { checkFunction } from "../check.js";
import { globalSlot } from "../global-slot.js";
import { clock } from "../platform/clock.js";

/** A thread, or a task of it, begins or ends to wait. */
export interface WaitEvent {
  /** Does it begin to wait, or end? */
  readonly event: "block" | "unblock";
  /** What it waits for, by the package that it is from: `lock`, `event`, `thread`, … */
  readonly on: string;
  /** Does a task wait, rather than the whole thread? */
  readonly isTask: boolean;
  /** Milliseconds that it has waited; 0 at the beginning. */
  readonly waited: number;
}

/** The listener of this thread to its waits. */
export const waitEvents = /* @__PURE__ */ globalSlot("wait events 1", () => ({
  listener: undefined as ((event: WaitEvent) => void) | undefined,
}));

/**
 * Calls `listener` each time that this thread begins or ends to wait on a primitive; undefined calls it no more.
 *
 * @throws TypeError if it is no function
 */
export function onWait(listener: ((event: WaitEvent) => void) | undefined): void {
  if (listener !== undefined) checkFunction(listener, "the listener", "core");
  waitEvents.listener = listener;
}

/** @internal Tells that a wait begins; returns what tells that it has ended, or undefined if nobody wants to know. */
export function waitBegins(on: string, isTask: boolean): (() => void) | undefined {
  if (waitEvents.listener === undefined || waitEvents.listener === toldNothing) return undefined;
  tell({ event: "block", on, isTask, waited: 0 });
  const begun = clock.now();
  return () => tell({ event: "unblock", on, isTask, waited: clock.now() - begun });
}

/** The listener may itself wait, on a lock of its own say; that is not told, or it would never end. Or it may call {@link onWait}. */
function tell(event: WaitEvent): void {
  const listener = waitEvents.listener;
  waitEvents.listener = toldNothing;
  try {
    listener?.(event);
  } finally {
    if (waitEvents.listener === toldNothing) waitEvents.listener = listener;
  }
}

/** Stands in for a listener while that is being told. */
function toldNothing(): void {}
