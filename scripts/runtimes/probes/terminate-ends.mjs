// After `terminate` of an endless computation the process ends, and no core stays busy.
import { expose, terminate, Thread } from "@x/thread";
import { flags, LONG, probe } from "./probe.mjs";

export function compute(words) {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  for (;;) Atomics.add(words, 1, 1);
}
expose({ compute });

await probe(() => {
  const words = flags();
  const thread = new Thread({ target: compute, args: [words] }).start();
  Atomics.wait(words, 0, 0, LONG);
  terminate(thread);
  if (!thread.join(LONG)) return "it does not end";
  const before = Atomics.load(words, 1);
  Atomics.wait(words, 2, 0, 300);
  if (Atomics.load(words, 1) !== before) return "it counts as ended, but goes on computing";
});
