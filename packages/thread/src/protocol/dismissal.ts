/**
 * How a worker leaves where the platform cannot terminate one that is blocked: it looks at a word of its own whenever it has slept for
 * long, before and after it sleeps on, and when the supervisor tells it to.
 */
import { allocate, type Words } from "@x/core";
import { host } from "../platform/host.js";

const DISMISSED = 1; // 0 is not

let dismissal: Words | undefined;

export function newDismissal(): Words {
  return allocate(Int32Array.BYTES_PER_ELEMENT);
}

/** By the supervisor. */
export function setDismissed({ words, at }: Words): void {
  Atomics.store(words, at, DISMISSED);
}

/** By the worker: this is where to look. */
export function assumeDismissal(there: Words | undefined): void {
  dismissal = there;
}

export function isDismissed(): boolean {
  return dismissal !== undefined && Atomics.load(dismissal.words, dismissal.at) === DISMISSED;
}

/** Does not return if this worker is to leave. */
export function leaveIfDismissed(): void {
  if (isDismissed()) host().exitWorker();
}
