import { createRequire } from "node:module";
import { watchdog } from "@x/testkit";
import { Lock } from "@x/lock";
import { expect, it } from "vitest";

watchdog();

// Its types do not compile under our options.
const require = createRequire(import.meta.url);
const { Piscina } = require("piscina") as {
  Piscina: new (options: object) => {
    run(task: unknown, options: object): Promise<unknown>;
    destroy(): Promise<void>;
  };
};

it("a lock excludes the workers of a pool and the main thread from each other", async () => {
  const pool = new Piscina({ filename: new URL("./lock.workers.mjs", import.meta.url).href, maxThreads: 3 });
  try {
    const lock = new Lock();
    const tally = new Int32Array(new SharedArrayBuffer(4));
    const jobs = Array.from({ length: 6 }, (_, i) => {
      const waits = i % 2 === 0 ? "blocking" : "awaiting";
      return pool.run({ handle: lock.share(), tally, times: 200, waits }, { name: "count" });
    });
    for (let i = 0; i < 50; i++) await lock.withAsync(() => (tally[0] = tally[0]! + 1));
    expect(await Promise.all(jobs)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(tally[0]).toBe(1250);
  } finally {
    await pool.destroy();
  }
});
