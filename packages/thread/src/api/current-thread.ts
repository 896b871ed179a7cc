/** The public functions with thread objects as results. */
import { currentObject, mainObject, readEntry, toObject } from "../runtime/thread-objects.js";
import { snapshot } from "../table/snapshot.js";
import type { Thread } from "./thread.js";

/**
 * Returns the object of the calling thread.
 *
 *     console.log(currentThread().name, "starts");
 *
 * In a worker not started by this library, and in a thread of `startNewThread`, the first call lists
 * the thread: it is a daemon named `Dummy-1`, `Dummy-2`, …
 *
 * @see Python `threading.current_thread`
 */
export function currentThread(): Thread {
  return currentObject() as Thread;
}

/**
 * Returns the object of the main thread. The main thread is the first thread to load the library.
 *
 * @see Python `threading.main_thread`
 */
export function mainThread(): Thread {
  return mainObject() as Thread;
}

/**
 * Returns all threads between their start and their end, at a single moment. The main thread is
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
 * Returns the number of threads in the list of `enumerate`.
 *
 * @see Python `threading.active_count`
 */
export function activeCount(): number {
  return snapshot(() => undefined).length;
}
