/** For compilers with `using`: TypeScript 5.2 and later, with a library that knows it. */
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

export async function hold(lock: Lock, places: Semaphore): Promise<boolean> {
  using held = lock.hold(5);
  using place = await places.holdAsync({ timeout: 5 });
  place.release();
  held.release();
  return lock.locked();
}
