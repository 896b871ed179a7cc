// Results, by `result()` after a turn of the event loop, or by `await resultAsync()`.
import { expose, Thread } from "@x/thread";
import { LONG, probe } from "./probe.mjs";

export const square = (x) => x * x;
expose({ square });

const COUNT = 50;
const isAwaited = process.argv[2] === "awaited";

await probe(async () => {
  let lost = 0;
  for (let i = 0; i < COUNT; i++) {
    const thread = new Thread({ target: square, args: [i] }).start();
    if (!isAwaited) await new Promise((resolve) => setTimeout(resolve, 1));
    try {
      const result = isAwaited ? await thread.resultAsync(LONG) : thread.result(LONG);
      if (result !== i * i) return `a result is ${result}, not ${i * i}`;
    } catch {
      lost++;
    }
  }
  if (lost > 0) return "results are lost";
});
