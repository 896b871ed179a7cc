/** Arguments and results of tasks that move, instead of being copied. */
import { CancelledError, type Future, type ThreadPoolExecutor } from "@x/executor";
import { LONG, thrownBy, watchdog } from "@x/testkit";
import { Thread } from "@x/thread";
import { describe, expect, it } from "vitest";
import { newFlags, pool, quiet, range, rejectedBy } from "./helpers.js";
import * as m from "./moves.workers.mjs";

watchdog();

const MiB = 1 << 20;

/** Elsewhere all objects go by the supervisor, and another worker takes the task. */
const HAS_LINKS = globalThis.process?.release?.name === "node" && !("Deno" in globalThis || "Bun" in globalThis);

/** A thread of a page gets what has moved by the async forms alone: its supervisor is the page. */
const IN_PAGE = globalThis.process?.release === undefined;

function filled(bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  new Uint8Array(buffer).fill(1);
  return buffer;
}

describe("F107: the objects of a task's transfer", () => {
  it("move to the worker at submit, and back with the result", async () => {
    const executor = pool(2);
    const buffers = range(10).map((n) => filled(MiB + n));
    const futures = buffers.map((buffer) =>
      executor.submit({ target: m.incrementMoved, args: [buffer], transfer: [buffer] }),
    );
    expect(buffers.every(({ byteLength }) => byteLength === 0)).toBe(true);
    for (const [n, future] of futures.entries()) {
      const { buffer } = await future.resultAsync(LONG);
      expect(buffer.byteLength).toBe(MiB + n);
      expect(new Uint8Array(buffer).every((byte) => byte === 2)).toBe(true);
    }
  });

  it("move to an async task, and to a task that waits for a worker", async () => {
    const executor = pool(1);
    const flags = newFlags();
    executor.submit(m.standsBeforeMoved, flags);
    const buffer = filled(100);
    const waiting = executor.submit({ target: m.lengthOfMoved, args: [buffer], transfer: [buffer] });
    expect(buffer.byteLength).toBe(0);
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
    expect(await waiting.resultAsync(LONG)).toBe(100);
    expect((await executor.submit(m.movesLaterOfTask, 50).resultAsync(LONG)).byteLength).toBe(50);
  });

  it("of a refused task stay: a bad list, an argument that cannot travel, a shut down executor", () => {
    const executor = pool(1);
    const buffer = filled(8);
    const submit = (task: object): unknown => thrownBy(() => executor.submit(task as never));
    const task = { target: m.lengthOfMoved, args: [buffer] };
    expect((submit({ ...task, transfer: [buffer, 5] }) as Error).message).toMatch(
      /^executor: transfer\[1\] is 5, which/,
    );
    expect((submit({ ...task, transfer: buffer }) as Error).message).toMatch(/^executor: transfer must be an array/);
    expect(submit({ ...task, args: [buffer, () => 1], transfer: [buffer] })).toBeInstanceOf(TypeError);
    executor.shutdown();
    expect((submit({ ...task, transfer: [buffer] }) as Error).message).toMatch(/^executor: /);
    expect(buffer.byteLength).toBe(8);
  });

  it("of a cancelled task are dropped with it, and the executor goes on", async () => {
    const executor = pool(1);
    const flags = newFlags();
    executor.submit(m.standsBeforeMoved, flags);
    const buffer = filled(MiB);
    const future = executor.submit({ target: m.lengthOfMoved, args: [buffer], transfer: [buffer] });
    expect(future.cancel()).toBe(true);
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
    expect(await rejectedBy(() => future.resultAsync(LONG))).toBeInstanceOf(CancelledError);
    const other = filled(7);
    expect(await executor.submit({ target: m.lengthOfMoved, args: [other], transfer: [other] }).resultAsync(LONG)).toBe(
      7,
    );
  });
});

describe("objects that move many times between a submitter and its workers", () => {
  /** From the second time on they go straight there, and straight back. */
  const MANY = 30;

  it("arrive, whether the submitter blocks or awaits", async () => {
    const executor = pool(2);
    let [blocked, awaited] = [filled(100), filled(200)];
    for (let n = 0; n < MANY; n++) {
      const task = { target: m.incrementMoved, args: [blocked] as [ArrayBuffer], transfer: [blocked] };
      const other = { target: m.incrementMoved, args: [awaited] as [ArrayBuffer], transfer: [awaited] };
      const [first, second] = [executor.submit(task), executor.submit(other)];
      awaited = (await second.resultAsync(LONG)).buffer;
      blocked = (IN_PAGE ? await first.resultAsync(LONG) : first.result(LONG)).buffer;
    }
    expect(new Uint8Array(blocked)).toEqual(new Uint8Array(100).fill(1 + MANY));
    expect(new Uint8Array(awaited)).toEqual(new Uint8Array(200).fill(1 + MANY));
  });

  it("arrive in any order of the reads, and are dropped with results for which no thread asks", async () => {
    const executor = pool(1);
    for (let n = 0; n < MANY; n++) {
      const futures = range(4).map((i) => {
        const buffer = filled(i + 1);
        return executor.submit({ target: m.incrementMoved, args: [buffer], transfer: [buffer] });
      });
      for (const i of [2, 0, 3]) expect((await futures[i]!.resultAsync(LONG)).buffer.byteLength).toBe(i + 1);
    }
  });

  it("arrive as a task of another executor and after the end of the first", async () => {
    for (let n = 0; n < 3; n++) {
      const executor = pool(1);
      for (let i = 0; i < 3; i++) {
        const buffer = filled(8);
        const future = executor.submit({ target: m.incrementMoved, args: [buffer], transfer: [buffer] });
        expect((await future.resultAsync(LONG)).buffer.byteLength).toBe(8);
      }
      await executor.shutdownAsync();
    }
  });

  // In a page the future of an ended task gets what has moved first: the page cannot wait for it within submit, and the error says so.
  it.skipIf(IN_PAGE)("go to another thread with a future whose task has just ended", async () => {
    const executor = pool(2);
    for (let n = 0; n < MANY; n++) {
      const future = executor.submit(m.movesLaterOfTask, 50);
      expect(await executor.submit(m.lengthOfResult, { future }).resultAsync(LONG)).toBe(50);
    }
  });
});

describe("objects that went straight to an idle worker", () => {
  /** The worker has a link, is idle, and blocks in a timer of its async task. */
  async function begin(): Promise<{ executor: ThreadPoolExecutor; flags: Int32Array; standing: Future<unknown> }> {
    const executor = pool({ maxWorkers: 1, tasksPerWorker: 2 });
    for (let n = 0; n < 4; n++) {
      const buffer = filled(8);
      await executor.submit({ target: m.incrementMoved, args: [buffer], transfer: [buffer] }).resultAsync(LONG);
    }
    const flags = newFlags();
    const standing = executor.submit(m.standsWhileIdle, flags);
    await Atomics.waitAsync(flags, 0, 0, LONG * 1000).value;
    return { executor, flags, standing };
  }

  function goOn(flags: Int32Array, value: number): void {
    Atomics.store(flags, 1, value);
    Atomics.notify(flags, 1);
  }

  it("are those of its next task", async () => {
    const { executor, flags, standing } = await begin();
    const buffer = filled(77);
    const future = executor.submit({ target: m.lengthOfMoved, args: [buffer], transfer: [buffer] });
    goOn(flags, 1);
    expect(await future.resultAsync(LONG)).toBe(77);
    await standing.resultAsync(LONG);
  });

  it("are those of its next task, though their sender and its worker have ended", async () => {
    const executor = pool({ maxWorkers: 1, tasksPerWorker: 2 });
    const flags = newFlags();
    const sender = new Thread({ target: m.sendsStraight, args: [executor, 77, flags] }).start();
    const { future } = await sender.resultAsync(LONG);
    await Atomics.waitAsync(flags, 2, 0, 200).value; // its worker ends meanwhile
    goOn(flags, 1);
    expect(await future.resultAsync(LONG)).toBe(77);
  });

  it("are dropped with a cancelled task, and the worker goes on", async () => {
    const { executor, flags, standing } = await begin();
    const [buffer, other] = [filled(77), filled(78)];
    const future = executor.submit({ target: m.lengthOfMoved, args: [buffer], transfer: [buffer] });
    const next = executor.submit({ target: m.lengthOfMoved, args: [other], transfer: [other] });
    expect(future.cancel()).toBe(true);
    goOn(flags, 1);
    expect(await next.resultAsync(LONG)).toBe(78);
    await standing.resultAsync(LONG);
  });

  it.runIf(HAS_LINKS)("end with the worker: the task fails, and names the dead thread", async () => {
    quiet();
    const { executor, flags, standing } = await begin();
    const buffer = filled(77);
    const future = executor.submit({ target: m.lengthOfMoved, args: [buffer], transfer: [buffer] });
    goOn(flags, 2);
    const error = await rejectedBy(() => future.resultAsync(LONG));
    expect((error as Error).message).toMatch(
      /died before it began task \d+ \(lengthOfMoved\), whose objects had moved to it: the worker dies/,
    );
    await rejectedBy(() => standing.resultAsync(LONG));
    const third = filled(5);
    expect(await executor.submit({ target: m.lengthOfMoved, args: [third], transfer: [third] }).resultAsync(LONG)).toBe(
      5,
    );
  });
});

describe("F107: a result that cannot move", () => {
  it("fails its task, and the worker goes on", async () => {
    const executor = pool(1);
    const error = await rejectedBy(() => executor.submit(m.movesTwice).resultAsync(LONG));
    expect((error as Error).message).toMatch(/moved before|another thread's by now/);
    expect((await executor.submit(m.movesLaterOfTask, 5).resultAsync(LONG)).byteLength).toBe(5);
  });
});
