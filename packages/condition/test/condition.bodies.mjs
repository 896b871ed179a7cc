/** What the threads of condition.model.ts do. The lock lives at word 0, the condition at word CONDITION. */
import { Condition } from "@x/condition";
import { Lock, OwnerDiedError, RLock } from "@x/lock";

const CONDITION = 6;
const conditionOf = (t, Kind = Lock) =>
  t.quietly(() => new Condition(new Kind(t.at(0)), { ...t.at(CONDITION), waiters: 3 }));

/** Makes the condition. `inexact`: two may be doubted, and then both are notified. */
export function make(t, { inexact = false } = {}) {
  conditionOf(t);
  if (inexact) t.add("inexact", 1);
}

/** Inside the lock: nobody else may be there. */
function inside(t) {
  t.check(t.add("inside", 1) === 1, "two are inside the lock");
  t.add("inside", -1);
}

/** Waits until `go`, then passes the notify on to the next, as everybody does. */
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

/** The same by promises, `tasks` of them at the same time; an aborted one passes nothing on. */
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

/** Notifies, and notes how many that may wake: one who was notified and then aborted passes his on. */
function pass(t, condition, n = 1) {
  t.add("notified", n);
  condition.notify(n);
}

function woken(t) {
  const left = t.add("notified", -1);
  t.check(left >= 0 || t.get("inexact") === 1, "more are woken than were notified");
}

/** Lets them go, and notifies the first. */
export function notifier(t, { n = 1, reentrant = false } = {}) {
  const condition = conditionOf(t, reentrant ? RLock : Lock);
  condition.acquire();
  t.add("go", 1);
  pass(t, condition, n);
  condition.release();
}

/** Notifies, and lets nobody go. */
export function idleNotifier(t, { n = 1 } = {}) {
  const condition = conditionOf(t);
  condition.acquire();
  pass(t, condition, n);
  condition.release();
}

/** Does what ends with the lock held, also if the thread that held it before has died. */
function taking(t, body) {
  try {
    return body();
  } catch (error) {
    t.check(error instanceof OwnerDiedError, `threw ${error}`);
    t.add("inherited", 1);
    return true;
  }
}

/** Waits until `go` whoever dies, then passes the notify on. */
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

/** Lets them go, and notifies the first, whoever dies. */
export function starter(t) {
  const condition = conditionOf(t);
  taking(t, () => condition.acquire());
  t.add("go", 1);
  if (t.get("waiting") === 1) t.add("due", 1); // all others who waited are dead: it is this one who is notified
  condition.notify();
  t.add("started", 1);
  condition.release();
}

/** Waits for a time, whatever happens. */
export function timedWaiter(t, { timeout = 5 } = {}) {
  const condition = conditionOf(t);
  condition.acquire();
  const notified = condition.wait(timeout);
  inside(t);
  if (notified) woken(t);
  condition.release();
}
