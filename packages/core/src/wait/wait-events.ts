/** Tells whoever wants to know when a thread waits, and for how long. Costs one look at a field where somebody waits, and nothing elsewhere. */
import { checkFunction } from "../check.js";
import { clock, realm, type WaitEvent } from "../global-slot.js";

/**
 * Calls `listener` each time that this thread begins or ends to wait on a primitive; undefined calls it no more.
 *
 * @throws TypeError if it is no function
 */
export function onWait(listener: ((event: WaitEvent) => void) | undefined): void {
  if (listener !== undefined) checkFunction(listener, "the listener", "core");
  realm.onWait = listener;
}

/** @internal Tells that a wait begins; returns what tells that it has ended, or undefined if nobody wants to know. */
export function waitBegins(on: string, isTask: boolean): (() => void) | undefined {
  if (realm.onWait === undefined || realm.onWait === toldNothing) return undefined;
  tell({ event: "block", on, isTask, waited: 0 });
  const begun = clock.now();
  return () => tell({ event: "unblock", on, isTask, waited: clock.now() - begun });
}

/** The listener may itself wait, on a lock of its own say; that is not told, or it would never end. Or it may call {@link onWait}. */
function tell(event: WaitEvent): void {
  const listener = realm.onWait;
  realm.onWait = toldNothing;
  try {
    listener?.(event);
  } finally {
    if (realm.onWait === toldNothing) realm.onWait = listener;
  }
}

/** Stands in for a listener while that is being told. */
function toldNothing(): void {}
