/**
 * Outcomes stored for threads other than the starter. The oldest are dropped when there are more
 * than 4096, or 32 MiB.
 */
import type { Envelope, Words } from "@x/core";
import { platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { bytesOf } from "../protocol/message-size.js";
import { outcomeMessage } from "../protocol/outcome.js";
import { setReply } from "./clients.js";

const STORED_MAX = 4096;
const STORED_BYTES_MAX = 32 << 20;

interface Stored {
  readonly outcome: Envelope;
  readonly bytes: number;
}

const outcomes = new Map<number, Stored>();
let storedBytes = 0;

/**
 * Returns false if an outcome is stored already: the thread's own arrives first, and says more.
 */
function store(ident: number, outcome: Envelope): boolean {
  if (outcomes.has(ident)) return false;
  const bytes = bytesOf(outcome);
  outcomes.set(ident, { outcome, bytes });
  storedBytes += bytes;
  for (const [oldest, { bytes }] of outcomes) {
    const isTooMuch = outcomes.size > STORED_MAX || (storedBytes > STORED_BYTES_MAX && oldest !== ident); // the newest may be larger
    if (!isTooMuch) break;
    outcomes.delete(oldest);
    storedBytes -= bytes;
  }
  return true;
}

function stored(ident: number): Envelope | undefined {
  return outcomes.get(ident)?.outcome;
}

/** How long a request waits for an outcome in transit. */
const GRACE_MS = 1000;

/** The requests for outcomes that may be in transit. */
const pendingReplies = new Map<number, Set<(outcome: Envelope | undefined) => void>>();

export function storeOutcome(ident: number, outcome: Envelope): void {
  if (!store(ident, outcome)) return;
  const waiting = pendingReplies.get(ident);
  pendingReplies.delete(ident);
  for (const reply of waiting ?? []) reply(outcome);
  waiting?.clear();
}

export function replyOutcome(client: Port, ident: number, asked: Words): void {
  const reply = (outcome: Envelope | undefined): void => {
    if (outcome !== undefined) host().post(client, outcomeMessage(ident, outcome));
    setReply(asked);
  };
  const outcome = stored(ident);
  if (outcome !== undefined) return reply(outcome);
  const waiting = pendingReplies.get(ident) ?? new Set();
  pendingReplies.set(ident, waiting.add(reply));
  platform.setTimer(() => {
    if (!waiting.delete(reply)) return;
    if (waiting.size === 0 && pendingReplies.get(ident) === waiting) pendingReplies.delete(ident);
    reply(undefined);
  }, GRACE_MS);
}
