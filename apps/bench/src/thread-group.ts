/**
 * Measures several threads together. The threads of a group are plain workers, so a row about a
 * lock measures the lock alone. They start at setup, and run a round each time the contestant's
 * main thread asks.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { JsContestant, Measure, Point, Sample } from "./row.js";

/** A participant's view of the current round. */
export interface Participant {
  /** Its number, from 0. */
  readonly index: number;
  /** Is the round over? Costs a plain read. */
  stopped(): boolean;
}

/** The participants of a group. `S` is their shared value, cloned into each. */
interface GroupMembers<S, P extends Point> {
  participants(point: P): number;
  /** Runs before the participants start. */
  share(point: P): S;
  /** Runs at the start of each participant; returns its part in each round. */
  enter(shared: S, point: P): RoundBody | Promise<RoundBody>;
}

/** The main thread sleeps through the round, then computes the sample from the participants' results. */
interface Counted {
  sample(results: readonly number[], ms: number): Sample | number;
}

/** The main thread takes part in each round, and measures. */
interface Driven<S, P extends Point> {
  driver(shared: S, point: P): Driver | Promise<Driver>;
}

export interface Driver {
  /** Drives the participants for about `ms`; returns the measurement. */
  drive(ms: number): Sample | number;
  /** Runs after the round: wakes participants that still wait. */
  release(): void;
}

export type GroupSpec<S, P extends Point> = GroupMembers<S, P> & (Counted | Driven<S, P>);

/** Runs until the round is over; returns a number for {@link Counted.sample}. */
export type RoundBody = (me: Participant) => number | Promise<number>;

/** A contestant that is a group of threads, as the module of its row exports it. */
export interface GroupContestant<S, P extends Point> extends JsContestant<P> {
  readonly spec: GroupSpec<S, P>;
}

/** The `workerData` of a participant. */
export interface ParticipantArgs {
  readonly row: string;
  readonly contestant: string;
  readonly point: Point;
  readonly index: number;
  readonly shared: unknown;
  readonly words: Int32Array;
  readonly results: Float64Array;
}

/** The words of a group, each on its own cache line. */
export const ROUND = 0;
export const READY = 16;
export const GO = 32;
export const STOP = 48;
export const DONE = 64;
const WORDS = 80;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps; the event loop does not run meanwhile. */
export function pause(ms: number): undefined {
  Atomics.wait(neverNotified, 0, 0, ms);
}

/** Sleeps until `words[at]` is `value` or more. Some rivals wake too many waiters. */
export function awaitCount(words: Int32Array, at: number, value: number): void {
  for (let seen; (seen = Atomics.load(words, at)) < value;) Atomics.wait(words, at, seen);
}

/**
 * The warm-up of a row with so many threads, in ms, if each thread has its turn in each cycle. V8
 * compiles the code for each thread separately, after some thousand turns of the thread.
 */
export function untilCompiled(threads = 1, most = 5000): number {
  return Math.min(100 * threads, most);
}

/** A contestant that is a group of threads. */
export function threadGroup<S, P extends Point = number>(spec: GroupSpec<S, P>): GroupContestant<S, P> {
  return {
    kind: "js",
    spec,
    async setup(point, self): Promise<Measure> {
      const participants = spec.participants(point);
      const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
      const results = new Float64Array(new SharedArrayBuffer(participants * Float64Array.BYTES_PER_ELEMENT));
      const shared = spec.share(point);
      const workers = Array.from({ length: participants }, (_, index) => {
        const workerData: ParticipantArgs = { ...self, point, index, shared, words, results };
        return new Worker(new URL("./participant.js", import.meta.url), { workerData });
      });
      await Promise.all(workers.map((worker) => once(worker, "message")));

      const driver = "driver" in spec ? await spec.driver(shared, point) : undefined;

      return (ms) => {
        for (const word of [READY, GO, STOP, DONE]) Atomics.store(words, word, 0);
        Atomics.add(words, ROUND, 1);
        Atomics.notify(words, ROUND);
        awaitCount(words, READY, participants);
        const begin = performance.now();
        Atomics.store(words, GO, 1);
        Atomics.notify(words, GO);
        const measured = driver === undefined ? pause(ms) : driver.drive(ms);
        Atomics.store(words, STOP, 1);
        const took = performance.now() - begin;
        driver?.release();
        awaitCount(words, DONE, participants);
        return measured ?? (spec as Counted).sample([...results], took);
      };
    },
  };
}
