/**
 * What the threads do, as they do it. Each thread writes its events into a ring in shared memory, and
 * the page reads the ring before it draws. So a thread neither waits for the page nor sends messages.
 */
import { expose, sharedGlobals, type TraceEvent } from "@x/threading";

/** What a thread does: its own work, or a wait for one of these. */
export const STATES = ["running", "sleep", "lock", "condition", "semaphore", "event", "barrier", "thread"] as const;
export type State = (typeof STATES)[number] | "ended";

export interface Change {
  readonly ident: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly state: State;
}

const EVENTS = 2 ** 14;
const [IDENT, TIME, STATE, FIELDS] = [0, 1, 2, 3];
const ENDED = -1;

function makeRing() {
  return sharedGlobals(import.meta, {
    traceEvents: () => new Float64Array(new SharedArrayBuffer(EVENTS * FIELDS * Float64Array.BYTES_PER_ELEMENT)),
    /** The number of each event, from 1, written after the event; then the number of events. */
    traceNumbers: () => new Int32Array(new SharedArrayBuffer((EVENTS + 1) * Int32Array.BYTES_PER_ELEMENT)),
  });
}

let ring: ReturnType<typeof makeRing> | undefined;

/** In a function, because a thread evaluates its modules before it knows its program. */
function theRing(): ReturnType<typeof makeRing> {
  return (ring ??= makeRing());
}

/** Records an event of this thread; for `setTrace`. */
export function record({ event, thread, time, on }: TraceEvent): void {
  const { traceEvents, traceNumbers } = theRing();
  const number = Atomics.add(traceNumbers, EVENTS, 1) + 1;
  const slot = number % EVENTS;
  const isOver = event === "return" || event === "exception";
  traceEvents[slot * FIELDS + IDENT] = thread.ident ?? 0;
  traceEvents[slot * FIELDS + TIME] = time;
  traceEvents[slot * FIELDS + STATE] = isOver ? ENDED : event === "block" ? stateOf(on) : 0;
  Atomics.store(traceNumbers, slot, number);
}

expose({ record });

function stateOf(blocker: string | undefined): number {
  return Math.max(0, (STATES as readonly (string | undefined)[]).indexOf(blocker));
}

let read = 0;
/** The event that was unwritten at the last look. */
let unwritten = 0;

/** The events since the last call. */
export function newChanges(): Change[] {
  const { traceEvents, traceNumbers } = theRing();
  const last = Atomics.load(traceNumbers, EVENTS);
  const changes: Change[] = [];
  read = Math.max(read, last - EVENTS / 2); // a page that was hidden has missed the rest
  for (; read < last; read++) {
    const number = read + 1;
    const slot = number % EVENTS;
    if (Atomics.load(traceNumbers, slot) !== number) {
      // T1 takes a number; T2 (the page) comes here; T1 writes: so look again. But if T1 was terminated
      // before it wrote, the event never comes.
      if (unwritten === number) continue;
      unwritten = number;
      break;
    }
    const at = slot * FIELDS;
    const state = STATES[traceEvents[at + STATE] as number] ?? "ended";
    changes.push({ ident: traceEvents[at + IDENT] as number, time: traceEvents[at + TIME] as number, state });
  }
  return changes;
}

/** The time of day in milliseconds; the clock of the trace. */
export function traceTime(): number {
  return performance.timeOrigin + performance.now();
}
