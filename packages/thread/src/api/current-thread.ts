/** The public functions that give threads. */
import { currentObject, mainObject, readEntry, toObject } from "../runtime/thread-objects.js";
import { snapshot } from "../table/snapshot.js";
import type { Thread } from "./thread.js";

/**
 * The object of the calling thread.
 *
 *     console.log(currentThread().name, "starts");
 *
 * A worker that this library did not start, and a thread of `startNewThread`, is listed from its first call on, as a daemon
 * by the name of `Dummy-1`, 2, …
 *
 * @see Python `threading.current_thread`
 */
export function currentThread(): Thread {
  return currentObject() as Thread;
}

/**
 * The object of the main thread: the one in which the library was loaded first.
 *
 * @see Python `threading.main_thread`
 */
export function mainThread(): Thread {
  return mainObject() as Thread;
}

/**
 * All threads that have been started and have not ended, as they stood at one moment; the main thread is always among them.
 *
 *     for (const thread of enumerate()) console.log(thread.name);
 *
 * @see Python `threading.enumerate`
 */
export function enumerate(): Thread[] {
  return snapshot(readEntry).map(toObject) as Thread[];
}

/**
 * How many threads `enumerate` lists.
 *
 * @see Python `threading.active_count`
 */
export function activeCount(): number {
  return snapshot(() => undefined).length;
}
