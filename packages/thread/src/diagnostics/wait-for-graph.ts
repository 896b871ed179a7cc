/** Which thread waits for which, and the cycles in it. */
import type { LongWait } from "../protocol/blocked-wait-record.js";
import { everyone } from "../table/searches.js";

/**
 * The circle of those who wait for each other, beginning with thread `ident`; undefined if it is not in one. Only waits that no time
 * ends count. Each lock is looked at twice: nobody in a circle moves, so what has changed meanwhile was none.
 */
export function circle(ident: number, waits: readonly LongWait[]): LongWait[] | undefined {
  const found = follow(ident, waits);
  const again = found && follow(ident, waits);
  return again?.every((wait, i) => wait === found?.[i]) ? found : undefined;
}

function follow(ident: number, waits: readonly LongWait[]): LongWait[] | undefined {
  const path: LongWait[] = [];
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

export function holderOf({ words, holder }: LongWait): number | undefined {
  if (holder === undefined) return undefined;
  return Atomics.load(words, holder.index) >> holder.shift || undefined;
}

/** "Thread-2 waits for Lock A held by Thread-1, which waits for Lock B held by Thread-2" */
export function circleText(waits: readonly LongWait[]): string {
  return waits.map((wait, i) => `${i === 0 ? nameOfIdent(wait.ident) : "which"} waits for ${whatFor(wait)}`).join(", ");
}

function nameOfIdent(ident: number): string {
  return everyone().find((thread) => thread.ident === ident)?.name ?? `thread ${ident}, which has ended`;
}

export function whatFor(wait: LongWait): string {
  const holder = holderOf(wait);
  if (wait.packageName === "thread" || holder === undefined) return wait.on;
  return `${wait.on} held by ${nameOfIdent(holder)}`;
}

export function circlesOf(waits: readonly LongWait[]): LongWait[][] {
  const told = new Set<LongWait>();
  return waits.flatMap((wait) => {
    const found = told.has(wait) ? undefined : circle(wait.ident, waits);
    found?.forEach((member) => told.add(member));
    return found === undefined ? [] : [found];
  });
}
