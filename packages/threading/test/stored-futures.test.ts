/** Futures in shared objects: as many threads as like may read them, as often as they like. */
import { LONG, untilAsync, watchdog } from "@x/testkit";
import { type Future, SharedArray, SharedMap, SharedValue, Thread, ThreadPoolExecutor } from "@x/threading";
import { describe, expect, it } from "vitest";
import * as w from "./stored-futures.workers.mjs";

watchdog();

const PLACES: Record<string, (future: Future<string>) => w.Place> = {
  SharedMap: (future) => new SharedMap<string, Future<string>>().set("it", future),
  SharedArray: (future) => new SharedArray<Future<string>>([future]),
  SharedValue: (future) => new SharedValue<Future<string>>(future),
};

describe("a future in a shared object", () => {
  it.each(Object.entries(PLACES))("has its result in each thread that reads it: %s", async (_, store) => {
    const executor = new ThreadPoolExecutor(1);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const future = executor.submit(w.gated, gate);
    const place = store(future);
    const ask = (): Thread<string> => new Thread({ target: w.asksTwice, args: [place] }).start();
    const threads = [ask(), ask()];
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    for (const thread of threads) expect(await thread.resultAsync(LONG)).toBe("done done");
    expect(await future.resultAsync(LONG)).toBe("done");
    expect(await ask().resultAsync(LONG)).toBe("done done");
    expect(await w.read(place).resultAsync(LONG)).toBe("done");
    await executor.shutdownAsync();
  });
});

describe("a future in a shared global", () => {
  it("has its result in each thread", async () => {
    const threads = [1, 2, 3].map(() => new Thread({ target: w.asksCommonTwice, args: [w.gate] }).start());
    await untilAsync(() => w.gate[1] === 3); // in three workers
    Atomics.store(w.gate, 0, 1);
    Atomics.notify(w.gate, 0);
    for (const thread of threads) expect(await thread.resultAsync(LONG)).toBe("done done");
    expect(await w.common.resultAsync(LONG)).toBe("done");
    await w.executor.shutdownAsync();
  });
});
