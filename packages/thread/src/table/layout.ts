/**
 * The thread table: the common knowledge of all threads of the process, in shared memory.
 *
 * The first thread with the library makes the table, and is its root and main thread. Every worker
 * started later inherits the table. A process may have several tables: a worker started earlier, or
 * by a thread without the library, is the root of its own table. For the relation of
 * the tables see {@link nextIdent}.
 *
 * Words of the head
 *   IDENTS         half of the ident given out last (odd ones are not ours: core's identity.ts)
 *   NUMBERS        how many threads have a name with a number: "Thread-7"
 *   HIGH           slots from this one on were never used
 *   HINT           where to look for a free slot first: below it there is none, or hardly any
 *   REVISIONS      how often the hooks were changed: their revision
 *   STACK_SIZE     bytes, for future threads; 0 is the platform's default
 *   LIMIT          how many threads the machine can run; 0 until the first start
 *   DETECTING      1 while deadlocks are to be detected
 *   WORKERS        how many workers were created for threads, by all supervisors
 *   MEMORIES       how many ranges of numbers for shared memory were drawn: see core's memory-numbers.ts
 *   PHASE          0; then CLOSED for ever, when the process no longer waits for threads
 *
 * Words of a slot
 *   CLAIM        0: free. > 0: ident of the slot's thread, from before its life until its outcome is
 *                sent. < 0: a worker registers a thread here, and its number tells which slot to free if
 *                the worker is terminated meanwhile
 *   LIFE         the ident of its thread while alive, 0 otherwise (followed by its async epoch)
 *   IDENT        the ident of the thread that has or had the slot
 *   STAGE        STARTING, RUNNING (followed by its async epoch)
 *   FLAGS        DAEMON, RAW, FOREIGN, MAIN, PENDING, DUMMY, FLIPS
 *   NATIVE       the system's number of its worker
 *   STARTER      the number of the starter's worker
 *   EXIT_WAITER  the ident of the main or foreign thread that waits for it, see {@link getExitWaiter}
 *   SHARED       1 if a thread other than its starter knows it, and may ask for its result
 *   NAME_TURN, NAME_LENGTH, NAME   odd while the name is being written; bytes; UTF-8
 *
 * Behind the slots
 *   TAKES_WORKER   a bit for each slot: its thread is alive and takes a worker
 *
 * Invariants
 *   1. A thread ends by one compare-exchange of LIFE from its ident to 0, by itself or by the
 *      supervisor.
 *   2. Idents are never used again. So a joiner sees that its thread has ended even if the slot
 *      belongs to another thread: LIFE differs from its ident.
 *   3. The outcome of a thread is sent before LIFE shows its end.
 *   4. A thread may be killed between any two operations, and no two words can change at once. So
 *      no word counts the values of other words: if a count missed a change, it would be wrong for
 *      ever. Counts are computed from LIFE, or from bits. A bit may be set or cleared twice. The
 *      supervisor finishes the work of a killed thread: {@link completeEnd},
 *      {@link finishRegistering}.
 */
import { WAITED_ON_WORDS } from "@x/core";
import { newSharedMemory, platform } from "@x/core/internal";
import { PROTOCOL, type Root, ROOT } from "../platform/protocol-version.js";

const KEY = `${PROTOCOL} thread table`;

const IDENTS = 0;
export const NUMBERS = 1;
export const HIGH = 2;
export const STACK_SIZE = 3;
export const PHASE = 4;
export const HINT = 5;
export const LIMIT = 6;
export const REVISIONS = 7;
export const DETECTING = 8;
export const WORKERS = 9;
export const MEMORIES = 10;
const HEAD_WORDS = 64;

export const CLOSED = 1; // 0 is open

export const CLAIM = 0;
export const LIFE = 1;
export const IDENT = LIFE + WAITED_ON_WORDS;
export const STAGE = IDENT + 1;
export const FLAGS = STAGE + WAITED_ON_WORDS;
export const NATIVE = FLAGS + 1;
export const STARTER = NATIVE + 1;
export const EXIT_WAITER = STARTER + 1;
export const SHARED = EXIT_WAITER + 1;
export const NAME_TURN = SHARED + 1;
export const NAME_LENGTH = NAME_TURN + 1;
export const NAME = NAME_LENGTH + 1;
export const SLOT_WORDS = 64;
export const SLOTS = 16384;

export const TAKES_WORKER = HEAD_WORDS + SLOTS * SLOT_WORDS;
const TAKES_WORKER_WORDS = SLOTS / 32;

/** Longer names are cut, for other threads, to this many bytes of UTF-8. */
export const NAME_BYTES: number = (SLOT_WORDS - NAME) * 4;

export const STARTING = 0;
export const RUNNING = 1;

/** The process does not wait for it. */
export const DAEMON = 1;
/** Started by `startNewThread`: not listed until it calls `currentThread`. */
export const RAW = 2;
/** Runs in a foreign worker. */
export const FOREIGN = 4;
/** The main thread: listed even after its end. */
export const MAIN = 8;
/** Delayed: has no worker yet. */
export const PENDING = 16;
/** Was RAW before it was listed. */
export const DUMMY = 32;
/** May become a daemon, and a non-daemon again: a worker of an executor, while it has no task. */
export const FLIPS = 64;

/**
 * How often to try again while another thread writes. There is a bound because a writer may have
 * died in the middle.
 */
export const MAX_RETRIES = 1000;

/** A thread, in the view of other threads: its slot in the table, and its ident. */
export interface Entry {
  readonly slot: number;
  readonly ident: number;
}

/** The entry of a worker without a thread so far. */
export const NO_ENTRY: Entry = { slot: 0, ident: 0 };

/** The ident of the process's main thread. */
export const MAIN_IDENT = 1;

const me = platform.foreignIdent();

/** The memory of the table; both views are empty until it is open. */
export let words: Int32Array = new Int32Array(0);
export let bytes: Uint8Array = new Uint8Array(0);

export let root: Root = (platform.getEnvironmentData(ROOT) as Root | undefined) ?? {
  ident: me,
  buffer: undefined as never,
  at: IDENTS,
};

/**
 * Opens the table, unless it is open: the inherited table of this thread, or a new table.
 *
 * In Node it is open from the import on, because the user's own workers inherit it. In a
 * browser the first use opens it: a page that only imports the library allocates nothing, and the
 * worker of a thread inherits the table after its modules are evaluated.
 */
export function openTable(): void {
  if (words.length > 0) return;
  const existing = platform.getEnvironmentData(KEY) as SharedArrayBuffer | undefined;
  const buffer = existing ?? newSharedMemory((TAKES_WORKER + TAKES_WORKER_WORDS) * 4);
  words = new Int32Array(buffer);
  bytes = new Uint8Array(buffer);
  const existingRoot = platform.getEnvironmentData(ROOT) as Root | undefined;
  root = existingRoot ?? { ident: me, buffer, at: IDENTS };
  if (existingRoot === undefined) platform.setEnvironmentData(ROOT, root);
  if (existing === undefined) platform.setEnvironmentData(KEY, buffer);
  isNew = existing === undefined;
  if (isNew) onNewTable();
}

let isNew = false;
let onNewTable = (): void => undefined;

/** Calls back, once, if this thread makes the table: at once if it has done so. */
export function whenMade(callback: () => void): void {
  onNewTable = callback;
  if (isNew) callback();
}

if (platform.workersGetEnvironmentData) openTable();

/**
 * True in the main thread: the first thread to load the library; in a browser, the page.
 *
 *     if (isMainThread) main();       // Python's `if __name__ == "__main__":`
 *
 * Every thread imports the module of its functions. So put code for the main thread alone behind this
 * check. It is true in each copy of the library in the main thread, and false in all other threads.
 */
export const isMainThread: boolean = platform.workersGetEnvironmentData ? root.ident === me : me === MAIN_IDENT;

/**
 * True if the process ends with this thread. A foreign worker may be the main thread of its own
 * threads, and then this is false.
 */
export const isMainOfProcess: boolean = me === MAIN_IDENT;

/** The entry of the main thread, the first of the table for ever. */
export function mainEntry(): Entry {
  openTable();
  return { slot: 0, ident: Atomics.load(words, place(0) + IDENT) };
}

export function place(slot: number): number {
  return HEAD_WORDS + slot * SLOT_WORDS;
}
