/** Arguments and results of tasks that move, instead of being copied. */
import { CancelledError } from "@x/executor";
import { LONG, thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import { newFlags, pool, range, rejectedBy } from "./helpers.js";
import * as m from "./moves.workers.mjs";

watchdog();

const MiB = 1 << 20;

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

describe("F107: a result that cannot move", () => {
  it("fails its task, and the worker goes on", async () => {
    const executor = pool(1);
    const error = await rejectedBy(() => executor.submit(m.movesTwice).resultAsync(LONG));
    expect((error as Error).message).toMatch(/moved before|another thread's by now/);
    expect((await executor.submit(m.movesLaterOfTask, 5).resultAsync(LONG)).byteLength).toBe(5);
  });
});
