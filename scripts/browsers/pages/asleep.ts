/** Threads that sleep until they are terminated: no wake is lost to them. */
import { Condition, expose, Lock, sleep, terminate, Thread } from "@x/threading";

const LIMIT_MS = 15_000;

/** Long enough that a thread sleeps. */
const SHORT_MS = 5;

/** Longer than a thread sleeps before its wait is registered. */
const LONG_MS = 300;

/** Counts itself in `words[0]`, and waits. */
export function waitOn(condition: Condition, words: Int32Array): void {
  condition.with(() => {
    words[0]! += 1;
    condition.wait();
  });
}

export function take(lock: Lock): void {
  lock.with(() => undefined);
}

function untilWaiting(condition: Condition, words: Int32Array, count: number): void {
  while (condition.with(() => words[0]!) < count) sleep(1);
}

function end(thread: Thread): void {
  terminate(thread);
  thread.join(LIMIT_MS);
  if (thread.isAlive()) throw new Error(`the terminated thread has not ended within ${LIMIT_MS / 1000} s`);
}

/** Two threads wait, the first one is terminated, and one is notified. Returns whether the other has slept on. */
function losesNotify(): boolean {
  const condition = new Condition();
  const words = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const [dead, alive] = [1, 2].map((count) => {
    const thread = new Thread({ target: waitOn, args: [condition, words], daemon: true }).start();
    untilWaiting(condition, words, count);
    return thread;
  }) as [Thread, Thread];
  sleep(SHORT_MS);
  end(dead);
  condition.with(() => condition.notify());
  alive.join(LIMIT_MS);
  return alive.isAlive();
}

/** Two threads sleep on a lock, the first one is terminated, and the lock is released. Returns whether the other has slept on. */
function losesRelease(): boolean {
  const lock = new Lock();
  lock.acquire();
  const [dead, alive] = [0, 1].map(() => {
    const thread = new Thread({ target: take, args: [lock], daemon: true }).start();
    sleep(LONG_MS);
    return thread;
  }) as [Thread, Thread];
  end(dead);
  lock.release();
  alive.join(LIMIT_MS);
  return alive.isAlive();
}

/** How many wakes are lost, in `times` programs of each kind. */
export function countLost(times: number): number {
  let lost = 0;
  for (let i = 0; i < times; i++) lost += Number(losesNotify()) + Number(losesRelease());
  return lost;
}

expose({ waitOn, take, countLost });
