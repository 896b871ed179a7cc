/**
 * What all threads of the process know of each other, in shared memory: the table of threads, and a few counts.
 *
 * The thread in which the library was loaded first makes the world and is its main thread: its root. Every worker that is started
 * after that inherits it, whoever starts it. A process may have several: workers that were started before, or by a thread that knows
 * nothing of the library, are roots of worlds of their own. See {@link nextIdent} for what these have in common.
 *
 * Words of the head
 *   IDENTS         half of the ident that was given out last (odd ones are not ours, see core's identity.ts)
 *   NUMBERS        how many threads were named by number: "Thread-7"
 *   HIGH           slots from this one on have never been used
 *   HINT           no slot below this one is free, or hardly ever: where to begin looking for one
 *   TURNS          how often the functions that threads hand on have been changed
 *   STACK_SIZE     bytes, for threads to come; 0 is the platform's own choice
 *   LIMIT          how many threads the machine can carry; 0 until somebody starts the first one
 *   DETECTING      1 while deadlocks are to be detected
 *   WORKERS        how many workers have been made to run threads, by all supervisors
 *   PHASE          0, then CLOSED for ever once the process is past waiting for threads
 *
 * Words of a slot
 *   CLAIM    0 free; the ident of the thread that has it, from before it lives until all has been said about its end; or negative,
 *            while a worker enters a thread there: which one, so that the slot can be freed if that one is terminated meanwhile
 *   LIFE     the ident of its thread while that is alive, 0 otherwise (followed by its turnstile)
 *   IDENT    the ident of the thread that has or had the slot
 *   STAGE    STARTING, RUNNING (followed by its turnstile)
 *   FLAGS    DAEMON, RAW, FOREIGN, MAIN, PENDING, DUMMY
 *   NATIVE   the system's number of its worker
 *   STARTER  the number of the worker from which it was started
 *   AWAITER  the ident of the main or foreign thread that waits for it at the end, see {@link awaiterHere}
 *   WANTED   1 once a thread other than its starter knows it, and may ask for its result
 *   NAME_TURN, NAME_LENGTH, NAME   odd while the name is being written; bytes; UTF-8
 *
 * Behind the slots
 *   TAKES_WORKER   a bit for each slot: its thread is alive and takes a worker
 *
 * Invariants
 *   1. A thread ends by one compare-exchange of LIFE from its ident to 0, by the thread itself or by the supervisor.
 *   2. Idents are never used again, so a slot that has been given to another thread tells an old joiner: LIFE is not mine.
 *   3. What a thread leaves (its result) is on its way before LIFE says that it has ended.
 *   4. A thread may be killed between any two operations. So no number counts what another word says as well: two words cannot be changed
 *      at once, and a count that missed one change would be wrong for ever. What is counted is counted anew from LIFE, or is a bit, which
 *      may be set or cleared twice. The supervisor finishes what a killed thread was doing, by {@link completeEnd} and {@link finishEntering}.
 */
import { newSharedMemory, platform, WAITED_ON_WORDS } from "@x/core";
import { PROTOCOL, type Root, ROOT } from "./protocol-version.js";

export const KEY = `${PROTOCOL} world`;

const IDENTS = 0;
export const NUMBERS = 1;
export const HIGH = 2;
export const STACK_SIZE = 3;
export const PHASE = 4;
export const HINT = 5;
export const LIMIT = 6;
export const TURNS = 7;
export const DETECTING = 8;
export const WORKERS = 9;
const HEAD_WORDS = 64;

export const CLOSED = 1; // 0 is open

export const CLAIM = 0;
export const LIFE = 1;
export const IDENT = LIFE + WAITED_ON_WORDS;
export const STAGE = IDENT + 1;
export const FLAGS = STAGE + WAITED_ON_WORDS;
export const NATIVE = FLAGS + 1;
export const STARTER = NATIVE + 1;
export const AWAITER = STARTER + 1;
export const WANTED = AWAITER + 1;
export const NAME_TURN = WANTED + 1;
export const NAME_LENGTH = NAME_TURN + 1;
export const NAME = NAME_LENGTH + 1;
export const SLOT_WORDS = 64;
export const SLOTS = 16384;

export const TAKES_WORKER = HEAD_WORDS + SLOTS * SLOT_WORDS;
const TAKES_WORKER_WORDS = SLOTS / 32;

/** Longer names are cut for other threads: so many bytes of UTF-8 fit. */
export const NAME_BYTES: number = (SLOT_WORDS - NAME) * 4;

export const STARTING = 0;
export const RUNNING = 1;

/** Does not hold the process. */
export const DAEMON = 1;
/** Started by `startNewThread`: not listed until it asks for `currentThread`. */
export const RAW = 2;
/** Lives in a worker that this library did not start. */
export const FOREIGN = 4;
/** The main thread: listed even after it has ended. */
export const MAIN = 8;
/** Waits for its time to come, without a worker. */
export const PENDING = 16;
/** Was RAW. */
export const DUMMY = 32;

/** How often to try again while another thread is at work: one that has died in the middle of it would stay there for ever. */
export const MAX_RETRIES = 1000;

/** A thread, as others know it: where it stands in the table, and its ident. */
export interface Entry {
  readonly slot: number;
  readonly ident: number;
}

/** Of a worker that has had no thread. */
export const NO_ENTRY: Entry = { slot: 0, ident: 0 };

export const inherited = platform.getEnvironmentData(KEY) as SharedArrayBuffer | undefined;
export const buffer = inherited ?? newSharedMemory((TAKES_WORKER + TAKES_WORKER_WORDS) * 4);
export const words = new Int32Array(buffer);
export const bytes = new Uint8Array(buffer);

/** The ident of the process's main thread. */
export const MAIN_IDENT = 1;

const me = platform.foreignIdent();
export const inheritedRoot = platform.getEnvironmentData(ROOT) as Root | undefined;
export const root: Root = inheritedRoot ?? { ident: me, buffer, at: IDENTS };

/**
 * Is this the main thread: the one in which the library was loaded first?
 *
 *     if (isMainThread) main();       // Python's `if __name__ == "__main__":`
 *
 * A module that exposes functions is imported by each thread that runs them, so what only the main thread shall do stands
 * behind this. It is true for each copy of the library that the main thread loads, and for none elsewhere.
 */
export const isMainThread: boolean = root.ident === me;

/** Does the process end with this thread? A worker of the user's may be the main thread of those that it starts. */
export const isMainOfProcess: boolean = me === MAIN_IDENT;

/** The main thread, which stands first in the table for ever. */
export function mainEntry(): Entry {
  return { slot: 0, ident: Atomics.load(words, place(0) + IDENT) };
}

export function place(slot: number): number {
  return HEAD_WORDS + slot * SLOT_WORDS;
}
