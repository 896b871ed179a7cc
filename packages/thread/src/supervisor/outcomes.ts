/** Outcomes that are kept for threads other than the starter, until there are too many: the oldest go first. */
import type { Envelope } from "@x/core";
import { bytesOf } from "../protocol/message-size.js";

const KEPT = 4096;
const KEPT_BYTES = 32 << 20;

interface Kept {
  readonly outcome: Envelope;
  readonly bytes: number;
}

const outcomes = new Map<number, Kept>();
let bytesKept = 0;

/** False if it is kept already: the thread itself knows better than the one that finds it dead. */
export function keepOutcome(ident: number, outcome: Envelope): boolean {
  if (outcomes.has(ident)) return false;
  const bytes = bytesOf(outcome);
  outcomes.set(ident, { outcome, bytes });
  bytesKept += bytes;
  for (const [oldest, { bytes }] of outcomes) {
    const isTooMuch = outcomes.size > KEPT || (bytesKept > KEPT_BYTES && oldest !== ident); // the last one may be larger
    if (!isTooMuch) break;
    outcomes.delete(oldest);
    bytesKept -= bytes;
  }
  return true;
}

export function keptOutcome(ident: number): Envelope | undefined {
  return outcomes.get(ident)?.outcome;
}
