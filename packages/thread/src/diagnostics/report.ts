/** What all threads are doing, in words. */
import { clock } from "@x/core";
import { type LongWait, PATIENCE } from "../runtime/blocked-wait.js";
import { everyone, type Standing } from "../table/layout.js";

/** What the tasks of a thread await. */
export interface Awaiting {
  readonly ident: number;
  readonly tasks: readonly { readonly on: string; readonly since: number }[];
}

/** Who asks for the report, and from where. */
export interface Asker extends Awaiting {
  readonly stack: string;
}

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

function holderOf({ words, holder }: LongWait): number | undefined {
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

function whatFor(wait: LongWait): string {
  const holder = holderOf(wait);
  if (wait.packageName === "thread" || holder === undefined) return wait.on;
  return `${wait.on} held by ${nameOfIdent(holder)}`;
}

/** All threads: what each does, what it waits for, since when and where; what it holds that others wait for; and the circles. */
export function report(waits: readonly LongWait[], awaiting: readonly Awaiting[], asker: Asker | undefined): string {
  const standing = everyone();
  const now = clock.timeOrigin + clock.now();
  if (asker !== undefined) awaiting = [...awaiting, asker];
  const lines = standing.flatMap((thread) => [
    `${thread.name} (ident ${thread.ident}${thread.daemon ? ", daemon" : ""}) ${doing(thread, waits, asker, now)}`,
    ...held(thread.ident, waits).map((on) => `  holds ${on}`),
    ...tasksOf(thread.ident, awaiting).map(({ on, since }) => `  a task awaits ${on} for ${seconds(now - since)}`),
    ...stackOf(thread.ident, waits, asker),
  ]);
  const circles = circlesOf(waits).map((circle) => `Deadlock: ${circleText(circle)}`);
  const count = standing.length === 1 ? "1 thread" : `${standing.length} threads`;
  return [`${count} at ${new Date(now).toISOString()}`, ...lines, ...circles, ""].join("\n");
}

function doing({ ident, stage }: Standing, waits: readonly LongWait[], asker: Asker | undefined, now: number): string {
  const wait = waits.find((candidate) => candidate.ident === ident);
  if (wait?.packageName === "sleep") return `has slept for ${seconds(now - wait.since)}`;
  if (wait !== undefined) return `has waited for ${seconds(now - wait.since)} for ${whatFor(wait)}`;
  if (ident === asker?.ident) return "asks for this report";
  return stage === "runs" ? `runs, or has waited for less than ${PATIENCE} ms` : stage;
}

/** Of what others wait for. */
function held(ident: number, waits: readonly LongWait[]): string[] {
  const locks = waits.filter((wait) => wait.packageName !== "thread" && holderOf(wait) === ident);
  return [...new Set(locks.map(({ on }) => on))];
}

function tasksOf(ident: number, awaiting: readonly Awaiting[]): Awaiting["tasks"] {
  return awaiting.find((candidate) => candidate.ident === ident)?.tasks ?? [];
}

function stackOf(ident: number, waits: readonly LongWait[], asker: Asker | undefined): string[] {
  const stack = ident === asker?.ident ? asker.stack : waits.find((wait) => wait.ident === ident)?.stack;
  return stack ? stack.split("\n") : [];
}

function circlesOf(waits: readonly LongWait[]): LongWait[][] {
  const told = new Set<LongWait>();
  return waits.flatMap((wait) => {
    const found = told.has(wait) ? undefined : circle(wait.ident, waits);
    found?.forEach((member) => told.add(member));
    return found === undefined ? [] : [found];
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
