// What runs in the workers of a pool that this library did not start.
import { Lock } from "@x/lock";

/** Counts up, not atomically, while it holds the lock. */
export async function count({ handle, tally, times, waits }) {
  const lock = Lock.from(handle);
  for (let i = 0; i < times; i++) {
    if (waits === "blocking") lock.acquire();
    else await lock.acquireAsync();
    tally[0] = tally[0] + 1;
    lock.release();
  }
  return times;
}
