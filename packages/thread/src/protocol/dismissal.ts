/**
 * How a worker exits if the platform cannot terminate a blocked worker. It checks a word of its own
 * before and after each sleep of a blocked wait, and at a message of the supervisor.
 */
import { allocate, type Words } from "@x/core";
import { host } from "../platform/host.js";

const DISMISSED = 1; // 0 is not

let dismissal: Words | undefined;

export function newDismissal(): Words {
  return allocate(Int32Array.BYTES_PER_ELEMENT);
}

/** Called by the supervisor. */
export function setDismissed({ words, at }: Words): void {
  Atomics.store(words, at, DISMISSED);
}

/** Called by the worker, with the word to check. */
export function assumeDismissal(there: Words | undefined): void {
  dismissal = there;
}

export function isDismissed(): boolean {
  return dismissal !== undefined && Atomics.load(dismissal.words, dismissal.at) === DISMISSED;
}

/** Does not return if this worker is to exit. */
export function leaveIfDismissed(): void {
  if (isDismissed()) host().exitWorker();
}
