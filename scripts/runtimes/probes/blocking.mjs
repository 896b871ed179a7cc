import { Barrier } from "@x/barrier";
import { Condition } from "@x/condition";
import { Event } from "@x/event";
import { Lock, RLock } from "@x/lock";
import { Semaphore } from "@x/semaphore";
import { expose, Thread } from "@x/thread";
import { flags, LONG, probe, same } from "./probe.mjs";

export function work({ lock, rlock, semaphore, event, condition, barrier }, tally) {
  if (!event.wait(LONG)) return "the event was not set";
  for (let i = 0; i < 2000; i++) {
    lock.with(() => tally[0]++);
    rlock.with(() => rlock.with(() => tally[1]++));
    semaphore.with(() => Atomics.add(tally, 2, 1));
  }
  barrier.wait(LONG);
  condition.with(() => {
    tally[3]++;
    condition.notifyAll();
    if (!condition.waitFor(() => tally[3] === 3, LONG)) throw new Error("not notified");
  });
  return "done";
}
expose({ work });

await probe(() => {
  const all = {
    ...{ lock: new Lock(), rlock: new RLock(), semaphore: new Semaphore(2), event: new Event() },
    ...{ condition: new Condition(), barrier: new Barrier(3) },
  };
  const tally = flags();
  const threads = [1, 2].map(() => new Thread({ target: work, args: [all, tally] }).start());
  same(all.event.wait(20), false, "a wait that runs out");
  all.event.set();
  same(work(all, tally), "done", "work in the main thread");
  for (const thread of threads) same(thread.result(LONG), "done", "work in a thread");
  same([...tally], [6000, 6000, 6000, 3], "the tally");
  all.lock.acquire();
  same(all.lock.acquire(20), false, "an acquire that runs out");
});
