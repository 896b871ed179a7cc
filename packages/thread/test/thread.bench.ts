import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Thread } from "@x/thread";
import { bench, describe } from "vitest";

describe("from start to result", () => {
  bench("a new Worker, until it has exited", async () => {
    await once(new Worker("", { eval: true }), "exit");
  });
  bench("Thread, blocking", () => {
    new Thread({ target: () => 1 }).start().result();
  });
  bench("Thread, awaited", async () => {
    await new Thread({ target: () => 1 }).start().resultAsync();
  });
});
