/** The functions of the threads in deadlocks.test.ts. */
import * as threading from "@x/threading";

/** Takes a lock, waits until all threads have one, and takes the other lock. Returns "both", or the error of `acquire`. */
export function takeBoth(first, second, barrier, stage) {
  first.acquire();
  barrier.wait();
  try {
    Atomics.add(stage, 0, 1);
    second.acquire();
    second.release();
    return "both";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  } finally {
    first.release();
  }
}

/** Waits at the barrier, then for the lock. */
export function waitFor(lock, barrier) {
  barrier.wait();
  return lock.with(() => "got it");
}

export function sleeps(ms) {
  threading.sleep(ms);
}

export async function awaits(lock) {
  await lock.withAsync(() => undefined);
}

/** Waits on the condition while it holds `other`. The notifier wants `other`, so the error comes only after the lock is taken again. */
export function waitHolding(condition, other, stage) {
  return other.with(() =>
    condition.with(() => {
      Atomics.add(stage, 0, 1);
      return condition.wait();
    }),
  );
}

export function notifyAndTake(condition, other) {
  return condition.with(() => {
    condition.notify();
    try {
      return other.with(() => "both");
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  });
}

threading.expose({ sleeps, takeBoth, waitFor, awaits, waitHolding, notifyAndTake });
