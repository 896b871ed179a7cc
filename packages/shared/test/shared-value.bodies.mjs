/** The bodies of the threads of shared-value.model.ts. The value lives at word 0, and holds numbers only. */
import { OwnerDiedError } from "@x/core";
import { SharedValue } from "@x/shared";

/** The halves of the floats make other numbers if they are mixed, or taken for integers. */
export const NUMBERS = [0, 7, 8, 2.6, 1.1, -2.2e200, 3.3e-200];

/** Where the value's bytes would live. Numbers have none. */
const UNUSED = new SharedArrayBuffer(1024);

function valueOf(t) {
  const { buffer, byteOffset } = t.at(0);
  const heap = { buffer: UNUSED, byteOffset: 0, memory: UNUSED };
  return t.quietly(() => SharedValue.from({ buffer, byteOffset, heap }));
}

/** Makes the value. */
export function make(t) {
  valueOf(t).set(0);
}

/** Adds 1, `times` times. */
export function updater(t, { times = 1 } = {}) {
  const value = valueOf(t);
  for (let time = 0; time < times; time++) {
    value.update((n) => n + 1);
    t.add("updated", 1);
  }
}

/** Sets numbers, one after the other. */
export function setter(t, { to = [1] } = {}) {
  const value = valueOf(t);
  for (const n of to) value.set(n);
}

/** Reads what was written as a whole. */
export function reader(t) {
  const seen = valueOf(t).get();
  t.check(NUMBERS.includes(seen), `read ${seen}`);
}

/** Waits for 1. */
export function waiter(t) {
  const seen = valueOf(t).waitFor((n) => n === 1);
  t.check(seen === 1, `returned ${seen}`);
  t.add("came", 1);
}

/** Waits for 1, as a task. */
export async function asyncWaiter(t, { abortable = false } = {}) {
  const signal = abortable ? t.signal() : undefined;
  try {
    await valueOf(t).waitForAsync((n) => n === 1, { signal });
    t.add("came", 1);
  } catch (error) {
    t.check(abortable && error === signal.reason, `threw ${error}`);
    t.add("aborted", 1);
  }
}

/** Sets two numbers as one, under the lock. A death in between is told to the next thread. */
export function pair(t) {
  const value = valueOf(t);
  value.lock.acquire();
  value.set(2);
  t.add("half", 1);
  t.work();
  value.set(0);
  t.add("half", -1);
  value.lock.release();
}

/** Sees no half of a pair, unless it is told of a death. */
export function witness(t) {
  const value = valueOf(t);
  try {
    value.update((n) => {
      t.check(n === 0, `saw half of a pair, and was not told: ${n}`);
      return n;
    });
  } catch (error) {
    t.check(error instanceof OwnerDiedError, `threw ${error}`);
    t.add("told", 1);
  }
}
