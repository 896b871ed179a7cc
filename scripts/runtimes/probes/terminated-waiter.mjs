// A notify skips a terminated waiter.
import { Condition } from "@x/condition";
import { expose, terminate, Thread } from "@x/thread";
import { flags, LONG, probe } from "./probe.mjs";

export function waits(condition, words, at) {
  return condition.with(() => {
    Atomics.store(words, at, 1);
    Atomics.notify(words, at);
    return condition.wait(LONG / 2);
  });
}
expose({ waits });

await probe(() => {
  const [condition, words] = [new Condition(), flags()];
  const [first, second] = [0, 1].map((at) => {
    const thread = new Thread({ target: waits, args: [condition, words, at] }).start();
    Atomics.wait(words, at, 0, LONG);
    condition.with(() => undefined); // it waits, because it has released the lock
    return thread;
  });
  terminate(first);
  first.join(LONG);
  condition.with(() => condition.notify());
  if (!second.result(LONG)) return "the notify is lost";
});
