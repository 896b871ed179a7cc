/**
 * Wakes the sleepers on a word, and the threads with tasks that await it.
 *
 * Every word that is waited on is followed by a second word, its async epoch:
 *
 *   word         the primitive's own; blocked threads sleep on it
 *   async epoch  bit 0        ARMED: some thread may have tasks that await the word
 *                bits 1..15   counts the wakes of some waiters
 *                bits 16..31  counts the wakes of all waiters
 *                changed only in this file
 *
 * Two words, because `Atomics.notify(word, 1)` wakes the waiter that waited first. If that is the
 * promise of a blocked thread, the wake is lost, though another thread could run:
 *
 *     // T1 awaits the lock, then blocks in join(T2). T2 sleeps on the lock. T3 releases and notifies one waiter: T1's promise.
 *     // T1 cannot run before T2 ends, T2 sleeps for ever.
 *
 * So a wake goes to n sleepers, and also to every thread with tasks that await the word. In each
 * such thread the tasks try in their order, until a task has to wait again. A waiter that finds
 * nothing to take waits again: a needless wake is always legal.
 *
 * Invariants
 *   1. A thread arms the epoch, and is queued on it, before its last check of the word:
 *      // T1 checks the word; T2 changes it, sees no ARMED, wakes nothing; T1 arms and waits: lost. So: arm, then check.
 *   2. A thread has at most one `waitAsync` pending per word, however many of its tasks await it.
 *   3. A thread whose last task leaves advances the epoch: no pending `waitAsync` keeps memory alive, or takes a wake.
 */
const ARMED = 1;
const WAKE_OF_SOME = 1 << 1;
const WAKE_OF_ALL = 1 << 16;

/**
 * Wakes up to `n` sleepers on `words[index]`, and every thread that awaits it. Returns whether
 * there was a waiter.
 */
export function wake(words: Int32Array, index: number, n: number = Infinity): boolean {
  const sleepers = wakeSleepers(words, index, n);
  return wakePromises(words, index, n) || sleepers > 0;
}

/** Wakes up to `n` sleepers, in the order they fell asleep; returns their number. */
export function wakeSleepers(words: Int32Array, index: number, n: number = Infinity): number {
  return Atomics.notify(words, index, n);
}

/**
 * Wakes every thread that awaits `words[index]`; returns whether there may be such a thread. `n`
 * Infinity: all of its tasks try.
 */
export function wakePromises(words: Int32Array, index: number, n: number = Infinity): boolean {
  if (!advanceEpoch(words, index, n)) return false;
  Atomics.notify(words, index + 1);
  return true;
}

/**
 * Wakes the waiter of a word with a single waiter. Returns true only if it was there, asleep or
 * awaiting. A waiter that is about to sleep does not count, nor does a waiter in a dead thread.
 */
export function wakeOne(words: Int32Array, index: number): boolean {
  return (
    Atomics.notify(words, index) > 0 || (advanceEpoch(words, index, Infinity) && Atomics.notify(words, index + 1) > 0)
  );
}

/** Arms the async epoch of `words[index]`; returns the epoch then. */
export function armEpoch(words: Int32Array, index: number): number {
  const epoch = index + 1;
  for (;;) {
    const was = Atomics.load(words, epoch);
    const armed = was | ARMED;
    if (was === armed || Atomics.compareExchange(words, epoch, was, armed) === was) return armed;
  }
}

/**
 * Advances the async epoch of `words[index]`, so that a thread about to await it checks the word
 * again. Returns whether the epoch was armed.
 */
function advanceEpoch(words: Int32Array, index: number, n: number): boolean {
  const epoch = index + 1;
  for (;;) {
    const was = Atomics.load(words, epoch);
    if ((was & ARMED) === 0) return false;
    const advanced = (was & ~ARMED) + (n === Infinity ? WAKE_OF_ALL : WAKE_OF_SOME);
    if (Atomics.compareExchange(words, epoch, was, advanced | 0) === was) return true;
  }
}

/** Did a wake of all, rather than of some, advance the epoch? */
export function isWakeOfAll(from: number, to: number): boolean {
  return to >>> 16 !== from >>> 16;
}
