/** Threads that have futures of others, and whose workers end. In a page a worker ends without a notice. */
import { LONG, untilAsync, watchdog } from "@x/testkit";
import { Thread } from "@x/thread";
import { describe, expect, it } from "vitest";
import { held, newFlags, open, pool } from "./helpers.js";
import * as w from "./submitters.workers.mjs";

watchdog();

describe("readers that have ended leave nothing in the store", () => {
  it.each(["pending", "done"])("of a %s future", async (how) => {
    const executor = pool(1);
    for (let i = 0; i < 4; i++) {
      const [flags, begun] = [newFlags(), newFlags()];
      const future = executor.submit(w.memoryAtGate, flags);
      const target = how === "pending" ? w.hasFuture : w.seesDone;
      const thread = new Thread({ target, args: [{ future }, begun] }).start();
      if (how === "pending") expect(await thread.joinAsync(LONG)).toBe(true);
      open(flags);
      expect(await thread.joinAsync(LONG)).toBe(true);
      expect((await future.resultAsync(LONG)).byteLength).toBe(8);
    }
    await executor.submit(w.endsAtOnce).resultAsync(LONG);
    await untilAsync(() => held(executor).records <= 1);
  });
});
