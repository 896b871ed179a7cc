/**
 * The supervisor's list of blocked waits. It wakes them after a death, and searches them for
 * deadlocks.
 */
import { wake } from "@x/core";
import { deathCount, hasDied, platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import { REGISTERED, type BlockedWaitRecord, VICTIM } from "../protocol/blocked-wait-record.js";
import type { DeadlockMessage } from "../protocol/messages.js";
import { findCycle, cycleText } from "../diagnostics/wait-for-graph.js";
import { isDetecting } from "../table/counters.js";
import type { Port } from "../platform/thread-platform.js";

/**
 * A wake may come before the sleep:
 *     // T1 checks its word; T2 dies; the supervisor wakes T1; T1 sleeps: for ever.
 * So: if its wait is still registered after AGAIN_MS, a thread is woken again.
 */
const AGAIN_MS = 20;

/** The last record of each thread, by the port of its requests. */
const records = new Map<Port, BlockedWaitRecord>();

let isWaking = false;

export function addBlockedWait(client: Port, record: BlockedWaitRecord): void {
  if (hasDied(record.ident)) return; // the record arrived after the death: a dead thread never wakes
  records.set(client, record);
  if (isDetecting()) checkDeadlock(client, record);
  wakeBlockedThreads();
}

export function removeBlockedWait(client: Port): void {
  records.delete(client);
}

/** True if the blocked wait of this client's thread is registered. */
export function isBlocked(client: Port): boolean {
  const record = records.get(client);
  return record !== undefined && isRegistered(record);
}

/** Wakes the thread of this client if its blocked wait is registered. */
export function wakeBlockedWait(client: Port): void {
  const record = records.get(client);
  if (record !== undefined && isRegistered(record)) wake(record.words, record.index);
}

/** The registered waits. */
export function blockedWaits(): BlockedWaitRecord[] {
  return [...records.values()].filter(isRegistered);
}

function isRegistered({ registered: { words, at }, number }: BlockedWaitRecord): boolean {
  return Atomics.load(words, at + REGISTERED) === number;
}

function isVictim({ registered: { words, at }, number }: BlockedWaitRecord): boolean {
  return Atomics.load(words, at + VICTIM) === number;
}

/**
 * Wakes each victim of a deadlock, and each thread without a check of its word since the last death.
 */
export function wakeBlockedThreads(): void {
  if (isWaking) return;
  let isAnyAsleep = false;
  for (const [client, record] of records) {
    if (!isRegistered(record)) records.delete(client);
    else if (record.knownDeaths !== deathCount() || isVictim(record)) {
      wake(record.words, record.index);
      isAnyAsleep = true;
    }
  }
  if (!isAnyAsleep) return;
  isWaking = true;
  platform.setTimer(() => {
    isWaking = false;
    wakeBlockedThreads();
  }, AGAIN_MS);
}

/**
 * If this wait closes a cycle, a wait of the cycle is chosen to fail: this wait, or else the first
 * wait that may fail.
 */
function checkDeadlock(client: Port, record: BlockedWaitRecord): void {
  const waits = findCycle(record.ident, blockedWaits());
  if (waits === undefined || waits.some(isVictim)) return;
  const victim = record.mayFail ? record : waits.find(({ mayFail }) => mayFail);
  if (victim === undefined) return;
  const shown = findCycle(victim.ident, blockedWaits()) ?? waits;
  const port = victim === record ? client : portOf(victim);
  host().post(port, { deadlock: `thread: deadlock: ${cycleText(shown)}` } satisfies DeadlockMessage);
  const { words, at } = victim.registered;
  Atomics.store(words, at + VICTIM, victim.number);
}

function portOf(record: BlockedWaitRecord): Port {
  for (const [port, candidate] of records) if (candidate === record) return port;
  throw new Error("thread: no such blocked wait");
}
