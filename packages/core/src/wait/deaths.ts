/**
 * Which threads of the process have died, rather than ended. In memory that a thread shares with all that descend from it, whichever
 * package of this library they load, so that a death is known beyond the supervisor that has seen it. It grows: numbers of threads are never
 * used again, and a lock that a dead thread holds may be asked for at any time.
 *
 * Words
 *   COUNT   how many deaths were told; threads that want to hear of the next one wait here
 *   then a bit for each number: its thread has died
 *
 * A bit is set before the death is counted:
 *     // T1 reads COUNT; T2 dies; T1 finds T2 alive, and waits for a COUNT that is another: it will come.
 */
import { IDENT_MAX } from "../identity.js";
import { platform } from "../platform/index.js";
import { globalSlot } from "../global-slot.js";
import { awaitChange } from "./wait-async.js";
import { wakeSleepers } from "./wake.js";

const KEY = "@x/core deaths 1";

/** Where deaths are counted. */
const COUNT = 0;
const BITS = 1;

/** The memory grows by so many bytes. */
const STEP_BYTES = 4 << 10;

/**
 * The numbers of our threads from this one on are for those whose main thread is a worker: few, and far from those of all others, which are
 * seven times as many. So of each eight words seven are for these, and one for the former: neither has to reserve what the other needs.
 */
export const FIRST_OF_WORKERS: number = ((IDENT_MAX + 1) / 8) * 7;
const LOW_WORDS = 7;
const ALL_WORDS = 8;

const dead = globalSlot("deaths 1", () => ({ words: memoryOfProcess() }));

/** What an ancestor has left, or else memory for all that descend from this thread. Undefined where threads share nothing (a browser). */
function memoryOfProcess(): Int32Array | undefined {
  if (!platform.workersGetEnvironmentData) return undefined;
  const inherited = platform.getEnvironmentData(KEY) as SharedArrayBuffer | undefined;
  const memory = inherited ?? new SharedArrayBuffer(STEP_BYTES, { maxByteLength: (IDENT_MAX + 1) / 8 + STEP_BYTES });
  if (inherited === undefined) platform.setEnvironmentData(KEY, memory);
  return new Int32Array(memory);
}

/** Can this thread know of deaths? Not where threads share nothing (a browser). */
export function knowsDeaths(): boolean {
  return dead.words !== undefined;
}

/** How many deaths were told. */
export function deathCount(): number {
  return dead.words === undefined ? 0 : Atomics.load(dead.words, COUNT);
}

/** Has it died, rather than ended? Of threads that this library did not start it is known only if they were roots; see `@x/thread`. */
export function hasDied(ident: number): boolean {
  const words = dead.words;
  const at = wordOf(ident);
  return words !== undefined && at < words.length && (Atomics.load(words, at) & bitOf(ident)) !== 0;
}

/** Notes that the thread has died. Idempotent. To be counted after that, see `countDeath`. */
export function markDead(ident: number): void {
  const words = dead.words;
  if (words === undefined) return;
  const at = wordOf(ident);
  if (at >= words.length) grow(words.buffer as SharedArrayBuffer, at);
  Atomics.or(words, at, bitOf(ident));
}

/** Counts a death that was noted before, and tells all that wait for one. */
export function countDeath(): void {
  if (dead.words === undefined) return;
  Atomics.add(dead.words, COUNT, 1);
  wakeSleepers(dead.words, COUNT);
}

/** Calls back, in a later turn, once more deaths than `known` were told. */
export function onNextDeath(known: number, callback: () => void): void {
  if (dead.words === undefined) return;
  const change = awaitChange(dead.words, COUNT, known) ?? Promise.resolve();
  void change.then(callback);
}

function wordOf(ident: number): number {
  const low = ident >> 5;
  return ident < FIRST_OF_WORKERS
    ? BITS + ALL_WORDS * Math.floor(low / LOW_WORDS) + (low % LOW_WORDS)
    : BITS + ALL_WORDS * ((ident - FIRST_OF_WORKERS) >> 5) + LOW_WORDS;
}

function bitOf(ident: number): number {
  return 1 << (ident & 31);
}

function grow(memory: SharedArrayBuffer, at: number): void {
  const least = Math.ceil((4 * (at + 1)) / STEP_BYTES) * STEP_BYTES;
  try {
    memory.grow(least);
  } catch (error) {
    if (memory.byteLength < least) throw error; // else another thread has grown it by more meanwhile
  }
}
