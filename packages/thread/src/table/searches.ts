/** Searches in the table. */
import { exitWaiter } from "./exit-waiter.js";
import { isAlive } from "./entries.js";
import {
  EXIT_WAITER,
  CLAIM,
  DAEMON,
  type Entry,
  FLAGS,
  FOREIGN,
  HIGH,
  LIFE,
  MAIN,
  openTable,
  PENDING,
  place,
  RUNNING,
  STAGE,
  STARTER,
  STARTING,
  words,
} from "./layout.js";
import { nameOf } from "./names.js";

/** The living threads started here. Their workers end with this thread's supervisor. */
export function livingHere(): Entry[] {
  const entries: Entry[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + LIFE);
    if (ident !== 0 && isOfWorkerHere(at)) entries.push({ slot, ident });
  }
  return entries;
}

function isOfWorkerHere(at: number): boolean {
  return (
    (Atomics.load(words, at + FLAGS) & (MAIN | FOREIGN)) === 0 && Atomics.load(words, at + EXIT_WAITER) === exitWaiter
  );
}

/** The ended threads with a slot, started here. */
export function endedHere(): Entry[] {
  const entries: Entry[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + CLAIM);
    if (ident <= 0 || Atomics.load(words, at + LIFE) === ident) continue;
    if (isOfWorkerHere(at)) entries.push({ slot, ident });
  }
  return entries;
}

/** The threads with a slot started by this worker: threads before their beginning, and ended threads. */
export function unfinished(worker: number): Entry[] {
  const entries: Entry[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + CLAIM);
    if (ident <= 0 || Atomics.load(words, at + STARTER) !== worker) continue;
    const hasBegun = Atomics.load(words, at + STAGE) === RUNNING && Atomics.load(words, at + LIFE) === ident;
    if (!hasBegun) entries.push({ slot, ident });
  }
  return entries;
}

/** A thread in a report. */
export interface ThreadInfo {
  readonly ident: number;
  readonly name: string;
  readonly daemon: boolean;
  readonly stage: "waits for its time to come" | "is being started" | "runs";
}

/** The living thread with this ident. */
export function entryOf(ident: number): Entry | undefined {
  openTable();
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) if (isAlive({ slot, ident })) return { slot, ident };
  return undefined;
}

/** All living threads, unlisted threads too. */
export function allThreads(): ThreadInfo[] {
  openTable();
  const all: ThreadInfo[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + LIFE);
    if (ident === 0) continue;
    const flags = Atomics.load(words, at + FLAGS);
    const isStarting = Atomics.load(words, at + STAGE) === STARTING;
    const stage = (flags & PENDING) !== 0 ? "waits for its time to come" : isStarting ? "is being started" : "runs";
    all.push({ ident, name: nameOf({ slot, ident }), daemon: (flags & DAEMON) !== 0, stage });
  }
  return all;
}
