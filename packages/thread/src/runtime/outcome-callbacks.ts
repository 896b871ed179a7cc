/** Who is called with the outcome of a thread, once it arrives here. */
import type { Envelope } from "@x/core";
import type { OutcomeMessage } from "../protocol/outcome.js";

/** Who waits for which outcome, by ident. */
const awaited = new Map<number, (outcome: Envelope) => void>();

/** Calls back, once, with how the thread of this ident ended. To be said before it is launched: it may end at once. */
export function awaitOutcome(ident: number, callback: (outcome: Envelope) => void): void {
  awaited.set(ident, callback);
}

/** It was not started after all. */
export function forgetOutcome(ident: number): void {
  awaited.delete(ident);
}

export function receiveOutcome([ident, value, parts = []]: OutcomeMessage): void {
  const callback = awaited.get(ident);
  awaited.delete(ident);
  callback?.({ value, parts });
}
