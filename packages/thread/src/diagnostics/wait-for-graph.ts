/** The wait-for graph of the threads, and its cycles. */
import type { BlockedWaitRecord } from "../protocol/blocked-wait-record.js";
import { allThreads } from "../table/searches.js";

/**
 * Returns the cycle of waiting threads, from thread `ident` on; undefined if `ident` is in none.
 * Only waits without a timeout count. Each holder is read twice: no thread of a cycle moves. If a
 * holder changes between the readings, it is in no cycle.
 */
export function findCycle(ident: number, waits: readonly BlockedWaitRecord[]): BlockedWaitRecord[] | undefined {
  const found = followHolders(ident, waits);
  const again = found && followHolders(ident, waits);
  return again?.every((wait, i) => wait === found?.[i]) ? found : undefined;
}

function followHolders(ident: number, waits: readonly BlockedWaitRecord[]): BlockedWaitRecord[] | undefined {
  const path: BlockedWaitRecord[] = [];
  for (let who = ident; ;) {
    const wait = waits.find((candidate) => candidate.ident === who && candidate.isForEver);
    if (wait === undefined || path.includes(wait)) return undefined;
    path.push(wait);
    const next = holderOf(wait);
    if (next === undefined) return undefined;
    if (next === ident) return path;
    who = next;
  }
}

export function holderOf({ words, holder }: BlockedWaitRecord): number | undefined {
  if (holder === undefined) return undefined;
  return Atomics.load(words, holder.index) >> holder.shift || undefined;
}

/** "Thread-2 waits for Lock A held by Thread-1, which waits for Lock B held by Thread-2" */
export function cycleText(waits: readonly BlockedWaitRecord[]): string {
  return waits
    .map((wait, i) => `${i === 0 ? nameOfIdent(wait.ident) : "which"} waits for ${describeWait(wait)}`)
    .join(", ");
}

function nameOfIdent(ident: number): string {
  return allThreads().find((thread) => thread.ident === ident)?.name ?? `thread ${ident}, which has ended`;
}

export function describeWait(wait: BlockedWaitRecord): string {
  const holder = holderOf(wait);
  if (wait.packageName === "thread" || holder === undefined) return wait.on;
  return `${wait.on} held by ${nameOfIdent(holder)}`;
}

export function cycles(waits: readonly BlockedWaitRecord[]): BlockedWaitRecord[][] {
  const seen = new Set<BlockedWaitRecord>();
  return waits.flatMap((wait) => {
    const found = seen.has(wait) ? undefined : findCycle(wait.ident, waits);
    found?.forEach((member) => seen.add(member));
    return found === undefined ? [] : [found];
  });
}
