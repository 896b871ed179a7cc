/**
 * Records the states of threads over time. Each thread writes its events to a log in shared memory:
 * cheap, and without messages.
 */
import { expose, sharedGlobals, type TraceEvent } from "@x/thread";

/** The states of a thread: its own work, or a wait for one of these. */
export const STATES = ["running", "sleep", "condition", "semaphore", "lock", "event", "barrier", "thread"] as const;
export type State = (typeof STATES)[number];

/** A thread's time in a state, in milliseconds since 1970. */
export interface Span {
  readonly state: State;
  readonly from: number;
  readonly to: number;
}

const MOST_EVENTS = 500_000;
const [IDENT, TIME, STATE, FIELDS] = [0, 1, 2, 3];
const ENDED = -1;

const { log, used } = sharedGlobals({
  log: () => new Float64Array(new SharedArrayBuffer(MOST_EVENTS * FIELDS * Float64Array.BYTES_PER_ELEMENT)),
  used: () => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
});

/** Records the start, a wait or the end of a thread; for `setTrace`. */
export function record({ event, thread, time, on }: TraceEvent): void {
  const at = Atomics.add(used, 0, 1) * FIELDS;
  if (at >= log.length) return;
  const isOver = event === "return" || event === "exception";
  log[at + IDENT] = thread.ident ?? 0;
  log[at + TIME] = time;
  log[at + STATE] = isOver ? ENDED : event === "block" ? STATES.indexOf(on as State) : STATES.indexOf("running");
}

expose({ record });

/** The recorded spans by the threads' idents, in the order of time. */
export function recorded(): Map<number, Span[]> {
  const spans = new Map<number, Span[]>();
  const last = new Map<number, number>();
  for (let at = 0; at < Math.min(log.length, (used[0] as number) * FIELDS); at += FIELDS) {
    const ident = log[at + IDENT] as number;
    const before = last.get(ident);
    last.set(ident, at);
    if (!spans.has(ident)) spans.set(ident, []);
    if (before === undefined) continue;
    const state = STATES[log[before + STATE] as number] ?? "thread";
    spans.get(ident)?.push({ state, from: log[before + TIME] as number, to: log[at + TIME] as number });
  }
  return spans;
}

/** Clears the record for the next run. */
export function forget(): void {
  used[0] = 0;
}
