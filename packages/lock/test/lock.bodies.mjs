/** The bodies of the threads of lock.model.ts. The lock lives at word 0, a gate (another lock) at word GATE. */
import { Lock, OwnerDiedError, RLock } from "@x/lock";

const GATE = 6;
const lockOf = (t) => new Lock(t.at(0));
const gateOf = (t) => new Lock(t.at(GATE));

/** Checks that no other thread is inside the lock. */
function inside(t, { rests = false } = {}) {
  t.check(t.add("inside", 1) === 1, "two threads are inside the lock");
  if (rests) t.rest();
  else t.work();
  t.add("inside", -1);
}

/** Does this thread hold the lock after `error`? Then it took the lock from a dead owner. */
function recovers(t, error) {
  const has = error instanceof OwnerDiedError;
  if (has) t.add("recovered", 1);
  return has;
}

function acquired(t, lock, timeout) {
  try {
    return lock.acquire(timeout);
  } catch (error) {
    if (recovers(t, error)) return true;
    throw error;
  }
}

/** Acquires and releases, `times` times. `timeout` may run out. `holds`: it holds the lock at first. `rests`: it keeps the lock for long. */
export function holder(t, { times = 1, timeout = Infinity, holds = false, rests = false } = {}) {
  const lock = lockOf(t);
  for (let time = 0; time < times; time++) {
    if ((holds && time === 0) || acquired(t, lock, timeout)) {
      inside(t, { rests });
      lock.release();
    } else {
      t.check(timeout !== Infinity, "gave up without a timeout");
    }
  }
}

/** The same in `tasks` concurrent tasks. */
export async function asyncHolder(t, { tasks = 1, timeout = Infinity, abortable = false } = {}) {
  const lock = lockOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    let held;
    try {
      held = await lock.acquireAsync({ timeout, signal });
    } catch (error) {
      held = recovers(t, error);
      t.check(held || (abortable && error === signal.reason), `rejected: ${error}`);
      if (!held) return;
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

/** Awaits the lock. If the lock is not free, blocks at the gate while its promise waits. */
export async function awaitsAndBlocks(t, { turns = 0 } = {}) {
  let has = false;
  const held = lockOf(t)
    .acquireAsync()
    .then(() => (has = true));
  for (let turn = 0; turn < 3; turn++) await undefined;
  for (let turn = 0; turn < turns && !has; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  if (!has) {
    gateOf(t).acquire();
    gateOf(t).release();
  }
  await held;
  inside(t);
  lockOf(t).release();
}

/** Closes the gate. */
export function closeGate(t) {
  gateOf(t).acquire();
}

/** Acquires, releases, and opens the gate. */
export function opensGate(t, { times = 1 } = {}) {
  holder(t, { times });
  gateOf(t).release();
}

/** Acquires, for a thread that `holds`. `marked`: a waiter has timed out, and left its mark. */
export function acquire(t, { marked = false } = {}) {
  lockOf(t).acquire();
  if (marked) lockOf(t).acquire(1);
}

/** Acquires at once when no other thread is left: waiters that have left have no lease. */
export function triesAlone(t, { others = 1 } = {}) {
  const lock = lockOf(t);
  lock.acquire();
  t.rest();
  const isAlone = t.get("gone") === others;
  lock.release();
  t.check(!isAlone || lock.acquire(0), "refused a lock that no other thread wants");
  if (isAlone) lock.release();
}

/** Acquires and releases twice. If the other thread has left then, acquires at once. */
export function triesAfter(t, { others = 1 } = {}) {
  const lock = lockOf(t);
  for (let time = 0; time < 2; time++) {
    lock.acquire();
    t.rest();
    lock.release();
  }
  if (t.get("gone") !== others) return;
  t.check(lock.acquire(0), "refused a lock that no other thread wants");
  lock.release();
}

/** Awaits the lock until an abort, and leaves. */
export async function asyncLeaver(t) {
  await asyncHolder(t, { abortable: true });
  t.add("gone", 1);
}

/** Waits until a timeout, and leaves. */
export function leaver(t, { timeout = 5 } = {}) {
  holder(t, { timeout });
  t.add("gone", 1);
}

/** Waits for a lock that is held for ever. */
export function refused(t) {
  t.check(!lockOf(t).acquire(5), "took the lock of a live thread");
}

/** Releases. Only one of two such threads may succeed. */
export function releaser(t) {
  try {
    lockOf(t).release();
    t.add("released", 1);
  } catch {
    t.add("refused", 1);
  }
}

/** Acquires `depth` times, and is inside meanwhile. */
export function nester(t, { depth = 2, timeout = Infinity } = {}) {
  const lock = new RLock(t.at(0));
  if (!acquired(t, lock, timeout)) {
    t.check(timeout !== Infinity, "gave up without a timeout");
    return;
  }
  t.check(t.add("inside", 1) === 1, "two threads are inside the lock");
  t.check(lock.recursionCount() === 1, "taken more than once");
  for (let deeper = 1; deeper < depth; deeper++) t.check(lock.acquire(0), "its own lock was refused");
  t.check(lock.recursionCount() === depth, "another depth");
  for (let deeper = 1; deeper < depth; deeper++) lock.release();
  t.add("inside", -1);
  lock.release();
  t.check(!lock.isOwned(), "still owned after as many releases");
}

/** Frees the lock at any depth, and takes it again. */
export function restorer(t, { depth = 2 } = {}) {
  const lock = new RLock(t.at(0));
  for (let deeper = 0; deeper < depth; deeper++) lock.acquire();
  t.check(t.add("inside", 1) === 1, "two threads are inside the lock");
  t.work();
  t.add("inside", -1);
  t.check(lock.releaseSave() === depth, "another depth was saved");
  lock.acquire();
  t.check(t.add("inside", 1) === 1, "two threads are inside the lock");
  t.check(lock.recursionCount() === 1, "another depth");
  t.work();
  t.add("inside", -1);
  lock.release();
}
