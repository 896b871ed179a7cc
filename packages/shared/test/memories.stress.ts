/** Threads that put, move and take values with memory inside, and die at any point: each value that arrives is whole. */
import { Queue, SimpleQueue } from "@x/queue";
import { stress, watchdog } from "@x/testkit";
import { terminate, Thread } from "@x/thread";
import { expect } from "vitest";
import { type Carried, move, produce } from "./memories.workers.mjs";

watchdog();

const MS = 10_000;
const DEATHS = 3;
const BETWEEN = 20;

stress("values with memory inside, putters and movers die", async () => {
  const [there, here] = [new Queue<Carried>(20), new Queue<Carried>(20)];
  const makers = [
    (): Thread => new Thread({ target: produce, args: [there] }).start(),
    (): Thread => new Thread({ target: produce, args: [there] }).start(),
    (): Thread => new Thread({ target: move, args: [there, here] }).start(),
    (): Thread => new Thread({ target: move, args: [there, here] }).start(),
  ];
  const threads = makers.map((make) => make());
  let values = 0;
  for (let deaths = 0; deaths < DEATHS; deaths++) {
    for (let n = 0; n < BETWEEN; n++, values++) {
      const { i, memory, inner } = await here.getAsync(MS);
      expect(inner).toBeInstanceOf(SimpleQueue);
      expect([memory, inner.getNowait()].map((one) => new Int32Array(one).at(-1))).toEqual([i, i]);
    }
    const at = (values * 7 + deaths) % makers.length;
    terminate(threads[at]!);
    expect(threads[at]!.join(MS)).toBe(true);
    threads[at] = makers[at]!();
  }
  for (const thread of threads) terminate(thread);
  for (const thread of threads) expect(thread.join(MS)).toBe(true);
  return { values, deaths: DEATHS };
});
