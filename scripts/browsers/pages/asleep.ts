/** Threads that sleep until they are terminated. */
import { expose, terminate, Thread } from "@x/threading";

const LIMIT_MS = 10_000;

/** Sleeps on `words[0]`; sets `words[1]` just before. */
export function sleepOn(words: Int32Array): void {
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  Atomics.wait(words, 0, 0);
}

/** Terminates sleeping threads one after another; returns how many of them take a wake after their end. */
export function countWakes(sleepers: number): number {
  let count = 0;
  for (let i = 0; i < sleepers; i++) {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const thread = new Thread({ target: sleepOn, args: [words], daemon: true }).start();
    Atomics.wait(words, 1, 0, LIMIT_MS);
    Atomics.wait(words, 0, 0, 5); // until it sleeps
    terminate(thread);
    thread.join(LIMIT_MS);
    if (thread.isAlive()) throw new Error(`the terminated thread has not ended within ${LIMIT_MS / 1000} s`);
    count += Atomics.notify(words, 0);
  }
  return count;
}

expose({ sleepOn, countWakes });
