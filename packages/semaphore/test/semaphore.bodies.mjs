/** The bodies of the threads of semaphore.model.ts. The semaphore lives at word 0. */
import { BoundedSemaphore, Semaphore } from "@x/semaphore";

const semaphoreOf = (t) => t.quietly(() => Semaphore.from(t.at(0)));

/** Makes the semaphore. */
export function make(t, { value = 1 } = {}) {
  new Semaphore(value, t.at(0));
}

/** Makes nothing: the threads make the semaphore. */
export function nothing() {}

/** Makes the semaphore, and counts its permit: several threads share one semaphore. */
export function maker(t, { value = 1 } = {}) {
  const semaphore = new Semaphore(value, t.at(0));
  t.check(semaphore.initial === value, "began with another value");
  if (semaphore.acquire(0)) t.add("taken", 1);
}

/** Checks that no more threads are inside than there are permits. */
function inside(t, permits) {
  t.check(t.add("inside", 1) <= permits, "more threads are inside than there are permits");
  t.work();
  t.add("inside", -1);
}

/** Takes a permit and gives it back, `times` times. `timeout` may run out. */
export function user(t, { permits = 1, times = 1, timeout = Infinity } = {}) {
  const semaphore = semaphoreOf(t);
  for (let time = 0; time < times; time++) {
    if (semaphore.acquire(timeout)) {
      inside(t, permits);
      semaphore.release();
    } else {
      t.check(timeout !== Infinity, "gave up without a timeout");
    }
  }
}

/** The same in `tasks` concurrent tasks. */
export async function asyncUser(t, { permits = 1, tasks = 1, timeout = Infinity, abortable = false } = {}) {
  const semaphore = semaphoreOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    let taken;
    try {
      taken = await semaphore.acquireAsync({ timeout, signal });
    } catch (error) {
      t.check(abortable && error === signal.reason, `rejected: ${error}`);
      return;
    }
    if (taken) {
      inside(t, permits);
      semaphore.release();
    } else {
      t.check(timeout !== Infinity, "gave up without a timeout");
    }
  };
  await Promise.all(Array.from({ length: tasks }, one));
}

/** Takes a permit and keeps it. */
export function taker(t, { timeout = Infinity } = {}) {
  if (semaphoreOf(t).acquire(timeout)) t.add("taken", 1);
  else t.check(timeout !== Infinity, "gave up without a timeout");
}

/** The same in `tasks` concurrent tasks. */
export async function asyncTaker(t, { tasks = 1, timeout = Infinity, abortable = false } = {}) {
  const semaphore = semaphoreOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    try {
      if (await semaphore.acquireAsync({ timeout, signal })) t.add("taken", 1);
      else t.check(timeout !== Infinity, "gave up without a timeout");
    } catch (error) {
      t.check(abortable && error === signal.reason, `rejected: ${error}`);
    }
  };
  await Promise.all(Array.from({ length: tasks }, one));
}

/** Makes another waiter starve, and gives two permits. When the waiter has taken one, the other permit is free at once. */
export function triesAlone(t) {
  const semaphore = semaphoreOf(t);
  semaphore.release();
  if (!semaphore.acquire(0)) return;
  t.rest();
  semaphore.release(2);
  t.rest();
  if (t.get("taken") === 1) t.check(semaphore.acquire(0), "refused a permit that no other thread wants");
}

/** Gives `n` permits at once, `times` times. */
export function giver(t, { n = 1, times = 1 } = {}) {
  const semaphore = semaphoreOf(t);
  for (let time = 0; time < times; time++) semaphore.release(n);
}

/** Makes a bounded semaphore. */
export function makeBounded(t, { value = 1 } = {}) {
  new BoundedSemaphore(value, t.at(0));
}

/** Tries to take a permit of a bounded semaphore, and keeps it. */
export function boundedTaker(t) {
  const semaphore = t.quietly(() => BoundedSemaphore.from(t.at(0)));
  if (semaphore.acquire(0)) t.add("taken", 1);
}

/** Gives `n` permits, unless these are too many. */
export function boundedGiver(t, { n = 1 } = {}) {
  const semaphore = t.quietly(() => BoundedSemaphore.from(t.at(0)));
  try {
    semaphore.release(n);
    t.add("given", n);
  } catch (error) {
    t.check(error instanceof RangeError, `threw ${error}`);
  }
}

const GATE = 6;
const gateOf = (t) => t.quietly(() => Semaphore.from(t.at(GATE)));

/** Makes the semaphore, and a closed gate. */
export function makeWithGate(t, { value = 0 } = {}) {
  make(t, { value });
  new Semaphore(0, t.at(GATE));
}

/** Awaits a permit. After `turns` turns of the event loop it blocks at the gate while its promise waits. */
export async function awaitsAndBlocks(t, { turns = 2 } = {}) {
  const semaphore = semaphoreOf(t);
  const gate = gateOf(t);
  let has = false;
  const taken = t
    .quietly(() => semaphore.acquireAsync())
    .then(() => {
      has = true;
      t.add("taken", 1);
    });
  for (let turn = 0; turn < turns && !has; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  if (!has) {
    t.add("stuck", 1);
    gate.acquire();
    semaphore.release(); // replaces the polled permit
  }
  await taken;
}

/** Gives a permit and takes it again, gives two, and polls for the rest when no other thread can take it. */
export function polls(t) {
  const semaphore = semaphoreOf(t);
  semaphore.release();
  t.check(semaphore.acquire(0), "refused its own permit");
  t.rest();
  semaphore.release();
  t.rest();
  semaphore.release();
  t.rest();
  const poll = () => t.get("stuck") === 0 || t.get("taken") === 0 || semaphore.acquire(0);
  t.pause(3);
  if (!poll()) {
    t.pause(3);
    t.check(poll(), "refused for ever a permit that no other thread can take");
  }
  gateOf(t).release();
}
