/**
 * Measuring what several threads do together: a crew of plain workers, so that a row about a lock stands on nothing but the
 * lock. They are started once, and play a round whenever the conductor says so.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { JsContestant, Measure, Point, Sample } from "./row.js";

/** What a player knows of the round it plays. */
export interface Player {
  /** Its number, from 0. */
  readonly index: number;
  /** Is the round over? Costs a plain read. */
  stopped(): boolean;
}

/** What a crew plays. `S` is what its members share; it is cloned into each. */
interface Ensemble<S, P extends Point> {
  players(point: P): number;
  /** Made before the players come. */
  share(point: P): S;
  /** A player opens what is shared, once, and returns what it does in each round until that is over. */
  enter(shared: S, point: P): Role | Promise<Role>;
}

/** The players play for a while, and what each returns is counted. */
interface Counted {
  sample(results: readonly number[], ms: number): Sample | number;
}

/** Somebody leads them, and measures. */
interface Conducted<S, P extends Point> {
  conductor(shared: S, point: P): Conductor | Promise<Conductor>;
}

export interface Conductor {
  /** Leads for about `ms`, and tells what it measured. */
  conduct(ms: number): Sample | number;
  /** Called once the round is over: lets those out who wait for something. */
  release(): void;
}

export type Play<S, P extends Point> = Ensemble<S, P> & (Counted | Conducted<S, P>);

export type Role = (me: Player) => number | Promise<number>;

/** What the module of a row holds of a contestant that is a crew. */
export interface CrewContestant<S, P extends Point> extends JsContestant<P> {
  readonly play: Play<S, P>;
}

/** What a member of a crew is started with. */
export interface Enlisted {
  readonly row: string;
  readonly contestant: string;
  readonly point: Point;
  readonly index: number;
  readonly shared: unknown;
  readonly words: Int32Array;
  readonly results: Float64Array;
}

/** The words of a crew; each on a line of its own. */
export const ROUND = 0;
export const READY = 16;
export const GO = 32;
export const STOP = 48;
export const DONE = 64;
const WORDS = 80;

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps without giving way to the event loop. */
export function pause(ms: number): undefined {
  Atomics.wait(nobody, 0, 0, ms);
}

/** Sleeps until `words[at]` is `value`, or more: some rivals wake more than they should. */
export function awaitCount(words: Int32Array, at: number, value: number): void {
  for (let seen; (seen = Atomics.load(words, at)) < value;) Atomics.wait(words, at, seen);
}

/**
 * For how many ms so many threads warm up, of which each has its turn in each cycle. V8 compiles what they do for each thread anew, and is
 * done after some thousand turns of each.
 */
export function untilCompiled(threads = 1): number {
  return Math.min(100 * threads, 5000);
}

/** A contestant that is a crew. */
export function crew<S, P extends Point = number>(play: Play<S, P>): CrewContestant<S, P> {
  return {
    kind: "js",
    play,
    async setup(point, self): Promise<Measure> {
      const players = play.players(point);
      const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
      const results = new Float64Array(new SharedArrayBuffer(players * Float64Array.BYTES_PER_ELEMENT));
      const shared = play.share(point);
      const members = Array.from({ length: players }, (_, index) => {
        const workerData: Enlisted = { ...self, point, index, shared, words, results };
        return new Worker(new URL("./crew-member.js", import.meta.url), { workerData });
      });
      await Promise.all(members.map((member) => once(member, "message")));

      const conductor = "conductor" in play ? await play.conductor(shared, point) : undefined;

      return (ms) => {
        for (const word of [READY, GO, STOP, DONE]) Atomics.store(words, word, 0);
        Atomics.add(words, ROUND, 1);
        Atomics.notify(words, ROUND);
        awaitCount(words, READY, players);
        const begin = performance.now();
        Atomics.store(words, GO, 1);
        Atomics.notify(words, GO);
        const measured = conductor === undefined ? pause(ms) : conductor.conduct(ms);
        Atomics.store(words, STOP, 1);
        const took = performance.now() - begin;
        conductor?.release();
        awaitCount(words, DONE, players);
        return measured ?? (play as Counted).sample([...results], took);
      };
    },
  };
}
