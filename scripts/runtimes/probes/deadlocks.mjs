import { Lock } from "@x/lock";
import { currentThread, DeadlockError, detectDeadlocks, dumpThreads, expose, setExceptHook, Thread } from "@x/thread";
import { flags, LONG, probe, same } from "./probe.mjs";

export function cross(mine, theirs, words) {
  mine.acquire();
  Atomics.add(words, 0, 1);
  while (Atomics.load(words, 0) < 2) Atomics.wait(words, 1, 0, 1);
  try {
    theirs.acquire();
    theirs.release();
    return "acquired";
  } catch (error) {
    return error instanceof DeadlockError ? "DeadlockError" : String(error);
  } finally {
    mine.release();
  }
}
export function park(lock) {
  lock.acquire(LONG);
}
expose({ cross, park });

await probe(() => {
  setExceptHook(() => undefined);
  const lock = new Lock();
  lock.acquire();
  const parked = new Thread({ target: park, args: [lock], name: "parked" }).start();
  const tells = new RegExp(`parked.*held by ${currentThread().name}`);
  let dump = "";
  for (const end = performance.now() + LONG; !tells.test(dump) && performance.now() < end;) {
    Atomics.wait(flags(), 0, 0, 100);
    dump = dumpThreads();
  }
  lock.release();
  parked.join(LONG);
  if (!tells.test(dump)) return "dumpThreads() does not tell who waits";
  detectDeadlocks(true);
  const [a, b, words] = [new Lock(), new Lock(), flags()];
  const one = new Thread({ target: cross, args: [a, b, words] }).start();
  const two = new Thread({ target: cross, args: [b, a, words] }).start();
  const ends = [one.result(2 * LONG), two.result(2 * LONG)].sort();
  same(ends.includes("DeadlockError"), true, `that one of ${ends.join(" and ")} is a DeadlockError`);
});
