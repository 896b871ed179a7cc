/** The public functions that return thread objects. */
import { currentObject, mainObject, readEntry, toObject } from "../runtime/thread-objects.js";
import { snapshot } from "../table/snapshot.js";
import type { Thread } from "./thread.js";

/**
 * Returns the object of the calling thread.
 *
 *     console.log(currentThread().name, "starts");
 *
 * In a worker that this library did not start, and in a thread of `startNewThread`, the first call
 * lists the thread as a daemon named `Dummy-1`, `Dummy-2`, …
 *
 * @see Python `threading.current_thread`
 */
export function currentThread(): Thread {
  return currentObject() as Thread;
}

/**
 * Returns the object of the main thread: the thread that loaded the library first.
 *
 * @see Python `threading.main_thread`
 */
export function mainThread(): Thread {
  return mainObject() as Thread;
}

/**
 * Returns all threads that were started and have not ended, at one moment. The main thread is
 * always among them.
 *
 *     for (const thread of enumerate()) console.log(thread.name);
 *
 * @see Python `threading.enumerate`
 */
export function enumerate(): Thread[] {
  return snapshot(readEntry).map(toObject) as Thread[];
}

/**
 * Returns the number of threads that `enumerate` lists.
 *
 * @see Python `threading.active_count`
 */
export function activeCount(): number {
  return snapshot(() => undefined).length;
}
