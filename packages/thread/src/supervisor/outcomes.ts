/**
 * Outcomes stored for threads other than the starter. The oldest are dropped when there are more
 * than 4096, or 32 MiB.
 */
import { type Envelope, platform, type Words } from "@x/core";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { bytesOf } from "../protocol/message-size.js";
import { outcomeMessage } from "../protocol/outcome.js";
import { setReply } from "./clients.js";

const KEPT = 4096;
const KEPT_BYTES = 32 << 20;

interface Kept {
  readonly outcome: Envelope;
  readonly bytes: number;
}

const outcomes = new Map<number, Kept>();
let bytesKept = 0;

/**
 * Returns false if an outcome is stored already: the thread's own arrives first, and says more than
 * the one made by the finder of its death.
 */
function keepOutcome(ident: number, outcome: Envelope): boolean {
  if (outcomes.has(ident)) return false;
  const bytes = bytesOf(outcome);
  outcomes.set(ident, { outcome, bytes });
  bytesKept += bytes;
  for (const [oldest, { bytes }] of outcomes) {
    const isTooMuch = outcomes.size > KEPT || (bytesKept > KEPT_BYTES && oldest !== ident); // the newest may be larger
    if (!isTooMuch) break;
    outcomes.delete(oldest);
    bytesKept -= bytes;
  }
  return true;
}

function keptOutcome(ident: number): Envelope | undefined {
  return outcomes.get(ident)?.outcome;
}

/** How long a request waits for an outcome in transit. */
const GRACE_MS = 1000;

/** The requests for outcomes that may be in transit. */
const questions = new Map<number, Set<(outcome: Envelope | undefined) => void>>();

export function keep(ident: number, outcome: Envelope): void {
  if (!keepOutcome(ident, outcome)) return;
  const replies = questions.get(ident);
  questions.delete(ident);
  for (const reply of replies ?? []) reply(outcome);
  replies?.clear();
}

export function answer(client: Port, ident: number, asked: Words): void {
  const reply = (outcome: Envelope | undefined): void => {
    if (outcome !== undefined) host().post(client, outcomeMessage(ident, outcome));
    setReply(asked);
  };
  const outcome = keptOutcome(ident);
  if (outcome !== undefined) return reply(outcome);
  const replies = questions.get(ident) ?? new Set();
  questions.set(ident, replies.add(reply));
  platform.setTimer(() => {
    if (!replies.delete(reply)) return;
    if (replies.size === 0 && questions.get(ident) === replies) questions.delete(ident);
    reply(undefined);
  }, GRACE_MS);
}
