import { Timer } from "@x/timer";
import { activeCount, currentThread, enumerate, expose, sleep, sleepAsync, Thread } from "@x/thread";
import { flags, LONG, probe, same } from "./probe.mjs";

export async function outer(depth) {
  await sleepAsync(5);
  sleep(5);
  if (depth === 0) return [currentThread().name];
  const inner = new Thread({ target: outer, args: [depth - 1], name: `depth ${depth - 1}` }).start();
  return [currentThread().name, ...(await inner.resultAsync(LONG))];
}
export function fire(words, at) {
  Atomics.add(words, at, 1);
  Atomics.notify(words, at);
}
expose({ outer, fire });

await probe(() => {
  const thread = new Thread({ target: outer, args: [2], name: "depth 2" }).start();
  same([activeCount() >= 2, enumerate().includes(thread)], [true, true], "activeCount and enumerate");
  same(thread.result(LONG), ["depth 2", "depth 1", "depth 0"], "threads that start threads");
  const words = flags();
  new Timer(20, fire, [words, 0]).start();
  if (Atomics.wait(words, 0, 0, LONG) === "timed-out") return "a Timer does not fire while the main thread is blocked";
  const cancelled = new Timer(50, fire, [words, 1]).start();
  cancelled.cancel();
  sleep(150);
  same(words[1], 0, "a cancelled Timer");
});
