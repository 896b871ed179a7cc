/**
 * The workers of an executor: threads that run its tasks.
 *
 * Words of a worker's slot
 *   IDENT      its thread; before the thread has begun, its starter; 0: the slot is free
 *   PHASE      RESERVED: the thread of IDENT starts it; STARTING: IDENT is its own, and it has not begun;
 *              INITIALIZING: the initializer runs; BUSY; IDLE: it may take a task, and is in the list of idle workers
 *   WAKE       changes when an idle worker shall look for a task (followed by its async epoch)
 *   NEXT_IDLE  the slot + 1 of the worker that became idle before; 0: none
 *   TASKS      the number of its running tasks
 *   DONE       the number of its ended tasks, wrapping
 *   WAITING    the number of its tasks that wait for tasks of this executor, without a timeout
 *   ENTRY      the slot + 1 of its thread in the thread table; 0 before it has begun
 *   OWNER      the block in which its tasks are submitters; 0: none of them is
 *   PINNED     the level of the tasks pinned to this worker, see records.ts; 0: it had none so far
 *   LEFT       the thread that left the slot last, and may still be ending; 0: none
 *   ASLEEP     1 while it blocks as an idle worker: no code of a task can run, and once woken it looks at the flags.
 *              Set by the worker without LOCK
 *   all by the owner of LOCK, but for the async epoch and ASLEEP
 *
 * Invariants
 *   1. While a task is pending, a worker is BUSY, STARTING or INITIALIZING, and looks for a task before it is IDLE. So the
 *      submitter of a task takes a worker off the idle list, or starts one if there is room.
 *      // T1 finds no task, and releases; T2 submits, and sees no idle worker; T1 becomes IDLE: the task waits.
 *      So: a worker becomes IDLE under the acquire in which it finds no task.
 *   2. An idle worker without tasks is a daemon, so the end of the process does not wait for it. The thread
 *      that takes it off the list makes it a non-daemon, under LOCK: the process waits for each task from its
 *      submit on.
 *   3. A pinned task runs before all others, and before its worker ends. The thread that frees the slot cancels
 *      its remaining tasks.
 *      // T1 finds no task, and leaves; T2 pins a task to it; T1 frees its slot: the task would wait for ever.
 */
import { WAITED_ON_WORDS } from "@x/core";
import { WORD_BYTES } from "./words.js";

export const IDENT = 0;
export const PHASE = 1;
export const WAKE = 2;
export const NEXT_IDLE: number = WAKE + WAITED_ON_WORDS;
export const TASKS: number = NEXT_IDLE + 1;
export const DONE: number = NEXT_IDLE + 2;
export const WAITING: number = NEXT_IDLE + 3;
export const ENTRY: number = NEXT_IDLE + 4;
export const OWNER: number = NEXT_IDLE + 5;
export const PINNED: number = OWNER + 1;
export const LEFT: number = PINNED + 1;
export const ASLEEP: number = LEFT + 1;
const WORKER_WORDS: number = ASLEEP + 1;

export const RESERVED = 1;
export const STARTING = 2;
export const INITIALIZING = 3;
export const BUSY = 4;
export const IDLE = 5;

/** 1024: as many threads as a large machine runs. Their slots take 56 KiB. */
export const WORKERS_MAX = 1024;

/** The size of the slots of so many workers. */
export function bytesOfWorkers(count: number): number {
  return count * WORKER_WORDS * WORD_BYTES;
}

/** The offset of a slot in their block. */
export function offsetOf(slot: number): number {
  return slot * WORKER_WORDS * WORD_BYTES;
}
