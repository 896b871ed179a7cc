/** What the threads of lock.model.ts do. The lock lives at word 0. */
import { Lock } from "@x/lock";

const lockOf = (t) => new Lock(t.at(0));

/** Inside the lock: nobody else may be there. */
function inside(t) {
  t.check(t.add("inside", 1) === 1, "two are inside the lock");
  t.work();
  t.add("inside", -1);
}

/** Acquires and releases, `times` times; `timeout` may run out. */
export function holder(t, { times = 1, timeout = Infinity } = {}) {
  const lock = lockOf(t);
  for (let time = 0; time < times; time++) {
    if (lock.acquire(timeout)) {
      inside(t);
      lock.release();
    } else {
      t.check(timeout !== Infinity, "gave up without a timeout");
    }
  }
}

/** The same by promises, one after the other or `tasks` of them at the same time. */
export async function asyncHolder(t, { tasks = 1, timeout = Infinity, abortable = false } = {}) {
  const lock = lockOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    let held;
    try {
      held = await lock.acquireAsync({ timeout, signal });
    } catch (error) {
      t.check(abortable && error === signal.reason, `rejected: ${error}`);
      return;
    }
    if (held) {
      inside(t);
      lock.release();
    } else {
      t.check(timeout !== Infinity, "gave up without a timeout");
    }
  };
  await Promise.all(Array.from({ length: tasks }, one));
}
