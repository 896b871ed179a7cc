/** The text of the report on all threads. */
import { clock } from "@x/core/internal";
import { type BlockedWaitRecord, LONG_WAIT_MS } from "../protocol/blocked-wait-record.js";
import type { Asker, ThreadTasks } from "../protocol/messages.js";
import { allThreads, type ThreadInfo } from "../table/searches.js";
import { cycles, cycleText, holderOf, describeWait } from "./wait-for-graph.js";

/**
 * Reports on each thread: its state, its wait with place and duration, and the contended locks it
 * holds. Lists the cycles last.
 */
export function report(
  waits: readonly BlockedWaitRecord[],
  awaiting: readonly ThreadTasks[],
  asker: Asker | undefined,
): string {
  const standing = allThreads();
  const now = clock.timeOrigin + clock.now();
  if (asker !== undefined) awaiting = [...awaiting, asker];
  const lines = standing.flatMap((thread) => [
    `${thread.name} (ident ${thread.ident}${thread.daemon ? ", daemon" : ""}) ${doing(thread, waits, asker, now)}`,
    ...held(thread.ident, waits).map((on) => `  holds ${on}`),
    ...tasksOf(thread.ident, awaiting).map(({ on, since }) => `  a task awaits ${on} for ${seconds(now - since)}`),
    ...stackOf(thread.ident, waits, asker),
  ]);
  const found = cycles(waits).map((cycle) => `Deadlock: ${cycleText(cycle)}`);
  const count = standing.length === 1 ? "1 thread" : `${standing.length} threads`;
  return [`${count} at ${new Date(now).toISOString()}`, ...lines, ...found, ""].join("\n");
}

function doing(
  { ident, stage }: ThreadInfo,
  waits: readonly BlockedWaitRecord[],
  asker: Asker | undefined,
  now: number,
): string {
  const wait = waits.find((candidate) => candidate.ident === ident);
  if (wait?.packageName === "sleep") return `has slept for ${seconds(now - wait.since)}`;
  if (wait !== undefined) return `has waited for ${seconds(now - wait.since)} for ${describeWait(wait)}`;
  if (ident === asker?.ident) return "asks for this report";
  return stage === "runs" ? `runs, or has waited for less than ${LONG_WAIT_MS} ms` : stage;
}

/** The contended locks: it holds them, and other threads wait for them. */
function held(ident: number, waits: readonly BlockedWaitRecord[]): string[] {
  const locks = waits.filter((wait) => wait.packageName !== "thread" && holderOf(wait) === ident);
  return [...new Set(locks.map(({ on }) => on))];
}

function tasksOf(ident: number, awaiting: readonly ThreadTasks[]): ThreadTasks["tasks"] {
  return awaiting.find((candidate) => candidate.ident === ident)?.tasks ?? [];
}

function stackOf(ident: number, waits: readonly BlockedWaitRecord[], asker: Asker | undefined): string[] {
  const stack = ident === asker?.ident ? asker.stack : waits.find((wait) => wait.ident === ident)?.stack;
  return stack ? stack.split("\n") : [];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
