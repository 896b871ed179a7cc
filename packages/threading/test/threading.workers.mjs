/** What the threads of the tests do. */
import * as threading from "@x/threading";

/** Enters, under a lock of threads, a room for three; notes the least and the most that were ever inside. */
export function various(room, lock, inside) {
  const [NOW, LEAST, MOST] = [0, 1, 2];
  room.with(() => {
    lock.with(() => {
      inside[NOW]++;
      lock.with(() => (inside[MOST] = Math.max(inside[MOST], inside[NOW])));
    });
    threading.sleep(1);
    lock.with(() => {
      inside[NOW]--;
      inside[LEAST] = Math.min(inside[LEAST], inside[NOW]);
    });
  });
  return threading.currentThread().name;
}

/** Passes everything on, once each, and tells what it saw. */
export function all({ lock, rlock, event, semaphore, bounded, condition, barrier, local, thread }) {
  event.wait();
  local.mine = 1;
  return [
    lock.with(() => lock.locked()),
    rlock.with(() => rlock.with(() => rlock.locked())),
    semaphore.with(() => semaphore.value),
    bounded.with(() => bounded.value),
    condition.with(() => condition.wait(0)),
    barrier.wait(),
    Object.keys(local),
    thread.isAlive(),
  ];
}

threading.expose(import.meta, { various, all });
