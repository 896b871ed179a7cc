import { Lock } from "@x/lock";
import { perAwaitedTurn } from "../calls.js";
import { multithreading, openMutex } from "../rivals.js";
import { js, type Row } from "../row.js";

export const row: Row = {
  title: "Lock: await acquireAsync(), and release, while it is free",
  unit: "ns",
  better: "less",
  limit: "One turn of the microtask queue; the first contestant does only that.",
  contestants: {
    ours: js(() => {
      const lock = new Lock();
      return perAwaitedTurn(async (count) => {
        for (let i = 0; i < count; i++) {
          await lock.acquireAsync();
          lock.release();
        }
      });
    }),
    "await, and nothing": js(() => {
      const settled = Promise.resolve(true);
      return perAwaitedTurn(async (count) => {
        for (let i = 0; i < count; i++) {
          await settled;
        }
      });
    }),
    "async-mutex": js(async () => {
      const { Mutex } = await import("async-mutex");
      const mutex = new Mutex();
      return perAwaitedTurn(async (count) => {
        for (let i = 0; i < count; i++) {
          const release = await mutex.acquire();
          release();
        }
      });
    }),
    "async-sema": js(async () => {
      const { Sema } = await import("async-sema");
      const semaphore = new Sema(1);
      return perAwaitedTurn(async (count) => {
        for (let i = 0; i < count; i++) {
          await semaphore.acquire();
          semaphore.release();
        }
      });
    }),
    multithreading: js(async () => {
      const mutex = openMutex(await multithreading(), new SharedArrayBuffer(4));
      return perAwaitedTurn(async (count) => {
        for (let i = 0; i < count; i++) {
          const guard = await mutex.lock();
          guard.dispose();
        }
      });
    }),
  },
};
