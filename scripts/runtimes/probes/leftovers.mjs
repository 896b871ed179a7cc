import { expose, sleepAsync, Thread } from "@x/thread";
import { flags, LONG, probe, same } from "./probe.mjs";

export function leave(words) {
  setInterval(() => Atomics.add(words, 0, 1), 5);
}
export async function stay(words) {
  const before = Atomics.load(words, 0);
  await sleepAsync(200);
  return Atomics.load(words, 0) - before;
}
expose({ leave, stay });

await probe(() => {
  const words = flags();
  new Thread({ target: leave, args: [words] }).start().join(LONG);
  const ticks = new Thread({ target: stay, args: [words] }).start().result(LONG);
  same(ticks, 0, "how often a timer of the first thread ticks in the next one");
});
