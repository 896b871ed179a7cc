/** The bodies of the threads of condition.model.ts. The lock lives at word 0, the condition at word CONDITION. */
import { Condition } from "@x/condition";
import { Lock, OwnerDiedError, RLock } from "@x/lock";

const CONDITION = 6;
const conditionOf = (t, Kind = Lock) =>
  t.quietly(() => new Condition(new Kind(t.at(0)), { ...t.at(CONDITION), waiters: 3 }));

/** Makes the condition. `inexact`: two waiters may become SUSPECT, and then a notify goes to both. */
export function make(t, { inexact = false } = {}) {
  conditionOf(t);
  if (inexact) t.add("inexact", 1);
}

/** Checks that no other thread is inside the lock. */
function inside(t) {
  t.check(t.add("inside", 1) === 1, "two threads are inside the lock");
  t.add("inside", -1);
}

/** Waits until `go`, then passes the notify on to the next waiter. */
export function waiter(t, { timeout = Infinity, reentrant = false } = {}) {
  const condition = conditionOf(t, reentrant ? RLock : Lock);
  condition.acquire();
  if (reentrant) condition.acquire();
  if (t.get("go") === 0) {
    const notified = condition.wait(timeout);
    inside(t);
    t.check(notified || timeout !== Infinity, "gave up without a timeout");
    if (notified) {
      woken(t);
      pass(t, condition);
    }
  }
  if (reentrant) condition.release();
  condition.release();
}

/** The same in `tasks` concurrent tasks. An aborted task passes nothing on. */
export async function asyncWaiter(t, { tasks = 1, timeout = Infinity, abortable = false } = {}) {
  const condition = conditionOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    await condition.acquireAsync();
    if (t.get("go") === 0) {
      try {
        const notified = await condition.waitAsync({ timeout, signal });
        t.check(notified || timeout !== Infinity, "gave up without a timeout");
        if (notified) {
          woken(t);
          pass(t, condition);
        }
      } catch (error) {
        t.check(abortable && error === signal.reason, `rejected: ${error}`);
      }
      inside(t);
    }
    condition.release();
  };
  await Promise.all(Array.from({ length: tasks }, one));
}

/** Notifies, and counts the wake-ups it allows. A notified waiter that is aborted passes its notify on. */
function pass(t, condition, n = 1) {
  t.add("notified", n);
  condition.notify(n);
}

function woken(t) {
  const left = t.add("notified", -1);
  t.check(left >= 0 || t.get("inexact") === 1, "more waiters are woken than were notified");
}

/** Sets `go`, and notifies. */
export function notifier(t, { n = 1, reentrant = false } = {}) {
  const condition = conditionOf(t, reentrant ? RLock : Lock);
  condition.acquire();
  t.add("go", 1);
  pass(t, condition, n);
  condition.release();
}

/** Notifies, and does not set `go`. */
export function idleNotifier(t, { n = 1 } = {}) {
  const condition = conditionOf(t);
  condition.acquire();
  pass(t, condition, n);
  condition.release();
}

/** Runs `body`, which takes the lock, also from a dead owner. */
function taking(t, body) {
  try {
    return body();
  } catch (error) {
    t.check(error instanceof OwnerDiedError, `threw ${error}`);
    t.add("recovered", 1);
    return true;
  }
}

/** Waits until `go`, also if another thread dies, then passes the notify on. */
export function survivor(t) {
  const condition = conditionOf(t);
  taking(t, () => condition.acquire());
  inside(t);
  while (t.get("go") === 0) {
    t.add("waiting", 1);
    taking(t, () => condition.wait());
    t.add("waiting", -1);
    inside(t);
  }
  condition.notify();
  condition.release();
}

/** Sets `go`, and notifies, also if another thread dies. */
export function starter(t) {
  const condition = conditionOf(t);
  taking(t, () => condition.acquire());
  t.add("go", 1);
  if (t.get("waiting") === 1) t.add("due", 1); // the only live waiter: the notify must reach it
  condition.notify();
  t.add("started", 1);
  condition.release();
}

/** Waits until a notify or the timeout. */
export function timedWaiter(t, { timeout = 5 } = {}) {
  const condition = conditionOf(t);
  condition.acquire();
  const notified = condition.wait(timeout);
  inside(t);
  if (notified) woken(t);
  condition.release();
}
