/**
 * The words of an executor. One store holds all tasks and results; see records.ts, workers.ts and
 * submitters.ts for the blocks in it.
 *
 *   LOCK …       an exclusive synchronizer, see core's synchronizer.ts and exclusive.ts
 *   FLAGS        SHUT_DOWN   no more submits; the workers end after the last task
 *                BROKEN      no worker can run tasks: the initializer has failed or ended its thread, or no thread starts
 *                TERMINATED  the workers were terminated
 *                DROPPED     no thread has the executor any more: idle workers end
 *   MAX_WORKERS, MIN_WORKERS, MAX_PENDING, IDLE_MS, TASKS_PER_WORKER, RECYCLE_AFTER
 *                the options; NONE for Infinity. Set once, before another thread has the executor
 *   IDS          the id of the last record, wrapping
 *   PENDING      the number of tasks that wait for a worker
 *   RUNNING      the number of running tasks
 *   COMPLETED, FAILED, CANCELLED   the numbers of tasks that ended so, wrapping
 *   TABLE, HIGH, FREE   the table of records, see records.ts
 *   LEVELS       the first level of pending tasks, see records.ts
 *   WORKERS      the block of the workers' slots, see workers.ts
 *   ALIVE        the number of workers
 *   IDLE         the slot + 1 of the worker that became idle last; 0 if there is none
 *   SUBMITTERS   the block of the submitter that came last, see submitters.ts
 *   CALLABLES    the list of known callables, see callables.ts
 *   PREFIX       the block of the prefix of the workers' names
 *   SETUP        the block of initializer and initargs; 0 if there is none
 *   FAILURE      what broke the executor: the block of an error, or ~ the ident of a thread that did not start, or that its
 *                initializer ended
 *   SPINNER      the ident of the idle worker that spins on its bell; 0: none. By any thread, by atomic operations
 *   WAIT_TIMES, RUN_TIMES   how many tasks have waited, and have run, for 2^n microseconds
 *   ROOM         changes when a submitter may find room (followed by its async epoch)
 *   ROOM_WAITERS how many submitters may wait for ROOM; never too few
 *   END          changes when the last worker has ended after a shutdown (followed by its async epoch)
 *   END_WAITERS  how many threads may wait for END; never too few
 *   UNREADY      how many workers have died before they were ready for tasks, since the last that was ready
 *   MOVING       the block of a record whose objects are on their way to the keeper, see records.ts; 0 at other times
 *   STORE …      the store, see core's store.ts
 *   all others by the owner of LOCK, but for the async epochs
 */
import { WAITED_ON_WORDS } from "@x/core";
import { STORE_WORDS, SYNCHRONIZER_WORDS } from "@x/core/internal";

export const LOCK = 0;
export const FLAGS: number = SYNCHRONIZER_WORDS;
export const MAX_WORKERS: number = FLAGS + 1;
export const MIN_WORKERS: number = FLAGS + 2;
export const MAX_PENDING: number = FLAGS + 3;
export const IDLE_MS: number = FLAGS + 4;
export const TASKS_PER_WORKER: number = FLAGS + 5;
export const RECYCLE_AFTER: number = FLAGS + 6;
export const IDS: number = FLAGS + 7;
export const PENDING: number = FLAGS + 8;
export const RUNNING: number = FLAGS + 9;
export const COMPLETED: number = FLAGS + 10;
export const FAILED: number = FLAGS + 11;
export const CANCELLED: number = FLAGS + 12;
export const TABLE: number = FLAGS + 13;
export const HIGH: number = FLAGS + 14;
export const FREE: number = FLAGS + 15;
export const LEVELS: number = FLAGS + 16;
export const WORKERS: number = FLAGS + 17;
export const ALIVE: number = FLAGS + 18;
export const IDLE: number = FLAGS + 19;
export const SUBMITTERS: number = FLAGS + 20;
export const CALLABLES: number = FLAGS + 21;
export const SETUP: number = FLAGS + 22;
export const FAILURE: number = FLAGS + 23;
export const SPINNER: number = FLAGS + 24;
export const PREFIX: number = FLAGS + 25;
/** For each power of 2 of microseconds, how many tasks have waited, and have run, for so long. */
export const WAIT_TIMES: number = FLAGS + 26;
export const TIMES = 32;
export const RUN_TIMES: number = WAIT_TIMES + TIMES;
export const ROOM: number = RUN_TIMES + TIMES;
export const ROOM_WAITERS: number = ROOM + WAITED_ON_WORDS;
export const END: number = ROOM_WAITERS + 1;
export const END_WAITERS: number = END + WAITED_ON_WORDS;
export const UNREADY: number = END_WAITERS + 1;
export const MOVING: number = UNREADY + 1;
export const STORE: number = MOVING + 1;

/** The size of an executor without its store, in bytes. */
export const EXECUTOR_BYTES: number = (STORE + STORE_WORDS) * Int32Array.BYTES_PER_ELEMENT;

export const SHUT_DOWN = 1;
export const BROKEN = 2;
export const TERMINATED = 4;
export const DROPPED = 8;

/** In the word of an option: no limit. */
export const NONE = -1;

export const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;
