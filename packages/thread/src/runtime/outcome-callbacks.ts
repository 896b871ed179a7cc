/** Callbacks for the outcomes of threads, called when an outcome arrives. */
import type { Envelope } from "@x/core";
import type { OutcomeMessage } from "../protocol/outcome.js";

/** The callback for each ident. */
const awaited = new Map<number, (outcome: Envelope) => void>();

/**
 * Calls back, once, with the outcome of this thread. Call it before the start: the thread may end
 * at once.
 */
export function awaitOutcome(ident: number, callback: (outcome: Envelope) => void): void {
  awaited.set(ident, callback);
}

/** The start has failed. */
export function forgetOutcome(ident: number): void {
  awaited.delete(ident);
}

export function receiveOutcome([ident, value, parts = []]: OutcomeMessage): void {
  const callback = awaited.get(ident);
  awaited.delete(ident);
  callback?.({ value, parts });
}
