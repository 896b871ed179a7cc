import { Barrier } from "@x/barrier";
import { Condition } from "@x/condition";
import { Event } from "@x/event";
import { Lock, RLock } from "@x/lock";
import { Semaphore } from "@x/semaphore";
import { expose, Thread } from "@x/thread";
import { flags, LONG, probe, same } from "./probe.mjs";

export async function work({ lock, rlock, semaphore, event, condition, barrier }, tally) {
  if (!(await event.waitAsync(LONG))) return "the event was not set";
  for (let i = 0; i < 200; i++) {
    await lock.withAsync(() => void tally[0]++);
    await semaphore.withAsync(() => void Atomics.add(tally, 2, 1));
    rlock.with(() => tally[1]++);
  }
  await barrier.waitAsync(LONG);
  await condition.withAsync(async () => {
    tally[3]++;
    condition.notifyAll();
    if (!(await condition.waitForAsync(() => tally[3] === 3, LONG))) throw new Error("not notified");
  });
  return "done";
}
expose({ work });

await probe(async () => {
  const all = {
    ...{ lock: new Lock(), rlock: new RLock(), semaphore: new Semaphore(2), event: new Event() },
    ...{ condition: new Condition(new Lock()), barrier: new Barrier(3) },
  };
  const tally = flags();
  const threads = [1, 2].map(() => new Thread({ target: work, args: [all, tally] }).start());
  all.event.set();
  same(await work(all, tally), "done", "work in the main thread");
  for (const thread of threads) {
    same(await thread.joinAsync(LONG), true, "joinAsync");
  }
  same([...tally], [600, 600, 600, 3], "the tally");
  all.lock.acquire();
  same(await all.lock.acquireAsync(20), false, "an acquireAsync that runs out");
  const controller = new AbortController();
  setTimeout(() => controller.abort("aborted"), 20);
  same(await all.lock.acquireAsync({ signal: controller.signal }).catch((reason) => reason), "aborted", "an abort");
});
