/** Awaited starts: they never block their thread. */
import { availableParallelism } from "node:os";
import { LONG, runScript, watchdog } from "@x/testkit";
import { activeCount, isMainThread, stackSize, Thread, ThreadError, TimeoutError } from "@x/thread";
import { describe, expect, it, onTestFinished } from "vitest";
import { ALONE, joinAll, newFlags, newGate, rejectedBy } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

let size = 2 ** 20;

/**
 * Makes all existing workers unfit for the next start: workers are used again only for stacks of the same size. A page's
 * threads have one size; there all idle workers are given a thread until the end of the test.
 */
function withoutWorkers(): void {
  if (!isMainThread) return occupyWorkers();
  const before = stackSize((size += 4096));
  onTestFinished(() => void stackSize(before));
}

/** More than the workers that the tests before may have left. */
const IDLE_WORKERS = 20;

function occupyWorkers(): void {
  const gate = newGate();
  const threads = Array.from({ length: IDLE_WORKERS }, () => new Thread({ target: w.stand, args: [gate] }).start());
  // Of these the last runs first.
  onTestFinished(() => joinAll(threads));
  onTestFinished(() => w.signal(gate));
}

const echo = (value: number): Thread<unknown> => new Thread<unknown>({ target: w.echo, args: [value] as never });

describe("startAsync", () => {
  // First, because the others leave more idle workers than can be occupied in a page.
  it("gives up by timeout or signal until a worker is created for it: the thread was not started, and can be", async () => {
    withoutWorkers();
    const flags = newFlags();
    w.signal(flags, 0, 1000);
    // More than the workers created at the same time, and a page's spare worker; later starts have to wait.
    const before = Array.from({ length: availableParallelism() + 3 }, () => {
      return new Thread({ target: w.stand, args: [flags, 0] });
    });
    const started = before.map((thread) => thread.startAsync());
    const [late, aborted, refused] = [echo(1), echo(2), echo(3)];
    const abort = new AbortController();
    const reason = new Error("no longer wanted");
    const outcomes = [late.startAsync(0), aborted.startAsync({ signal: abort.signal })].map((it) =>
      rejectedBy(() => it),
    );
    abort.abort(reason);
    expect(await outcomes[0]).toBeInstanceOf(TimeoutError);
    expect((await outcomes[0]) as Error).toMatchObject({
      message: expect.stringMatching(/^thread: no worker was free for Thread-\d+ .*within 0 ms; it was not/) as string,
    });
    expect(await outcomes[1]).toBe(reason);
    expect(await rejectedBy(() => refused.startAsync({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    await Promise.all(started);
    joinAll(before);
    for (const [i, thread] of [late, aborted, refused].entries()) {
      expect([thread.ident, thread.isAlive()]).toEqual([undefined, false]);
      expect(await (await thread.startAsync()).resultAsync(LONG)).toBe(i + 1);
    }
  });

  it("resolves to the running thread, on a new worker and on an idle worker", async () => {
    withoutWorkers();
    for (let i = 0; i < 3; i++) {
      const flags = newGate();
      const thread = new Thread({ target: w.stand, args: [flags, i] });
      expect(await thread.startAsync()).toBe(thread);
      expect([thread.isAlive(), typeof thread.nativeId]).toEqual([true, "number"]);
      w.signal(flags);
      expect(await thread.resultAsync(LONG)).toBe(i);
    }
  });

  it("lets the event loop of its thread run while a worker is created", async () => {
    withoutWorkers();
    const gate = newGate();
    const threads: Thread<unknown>[] = [];
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    try {
      while (turns === 0 && threads.length < 2 * IDLE_WORKERS) {
        threads.push(await new Thread({ target: w.stand, args: [gate, threads.length] }).startAsync()); // on an idle worker, if there is one
      }
      expect(turns).toBeGreaterThan(0);
    } finally {
      clearInterval(count);
      w.signal(gate);
    }
    for (const [i, thread] of threads.entries()) expect(await thread.resultAsync(LONG)).toBe(i);
  });

  it("copies the arguments at the call", async () => {
    withoutWorkers();
    const list = [1, 2];
    const threads = Array.from({ length: 5 }, () => new Thread({ target: w.echo, args: [list] as never }));
    const started = threads.map((thread) => thread.startAsync());
    list.push(3);
    for (const thread of await Promise.all(started)) expect(await thread.resultAsync(LONG)).toEqual([1, 2]);
  });

  it("starts many threads in the order of the calls", async () => {
    withoutWorkers();
    const threads = Array.from({ length: 12 }, (_, i) => echo(i));
    await Promise.all(threads.map((thread) => thread.startAsync()));
    const idents = threads.map(({ ident }) => ident as number);
    expect(idents).toEqual([...idents].sort((a, b) => a - b));
    joinAll(threads);
  });

  it("starts all threads, even if each waits for all others", async () => {
    withoutWorkers();
    const flags = newGate();
    const many = 2 * availableParallelism() + 3;
    const threads = Array.from({ length: many }, (_, i) => new Thread({ target: w.stand, args: [flags, i] }));
    await Promise.all(threads.map((thread) => thread.startAsync()));
    w.await_(flags, 1, many);
    w.signal(flags);
    expect(await Promise.all(threads.map((thread) => thread.resultAsync(LONG)))).toEqual(threads.map((_, i) => i));
  });

  it("serves many short threads with few workers", async () => {
    withoutWorkers();
    // On a loaded machine the threads wait and get more workers, so a single quiet attempt is enough.
    let workers = new Set<number | undefined>();
    for (let tries = 20; tries > 0 && !(workers.size > 0 && workers.size <= 10); tries--) {
      const threads = await Promise.all(Array.from({ length: 60 }, (_, i) => echo(i).startAsync()));
      for (const thread of threads) expect(await thread.joinAsync(LONG)).toBe(true);
      workers = new Set(threads.map(({ nativeId }) => nativeId));
    }
    expect(workers.size).toBeLessThanOrEqual(10);
  });

  it("rejects with the errors of start, and starts nothing", async () => {
    class Hidden extends Thread {}
    expect(await rejectedBy(() => new Hidden({ name: "hidden" }).startAsync())).toMatchObject({
      message: expect.stringMatching(/^thread: class Hidden was not exposed/) as string,
    });
    const thread = new Thread({ target: w.echo, args: [() => size] as never });
    expect(await rejectedBy(() => thread.startAsync())).toBeInstanceOf(TypeError);
    expect([thread.ident, activeCount()]).toEqual([undefined, ALONE]);
  });

  it("counts as the start from the call on: a second start is refused, and daemon is fixed", async () => {
    withoutWorkers();
    const [first, thread] = [echo(0), echo(1)];
    const started = Promise.all([first.startAsync(), thread.startAsync()]);
    expect(() => thread.start()).toThrow(ThreadError);
    expect(await rejectedBy(() => thread.startAsync())).toMatchObject({
      message: expect.stringMatching(/can only be started once/) as string,
    });
    expect(() => (thread.daemon = true)).toThrow(/cannot set daemon status/);
    await started;
    expect(await thread.resultAsync(LONG)).toBe(1);
    joinAll([first]);
  });
});

it("join and result where blocking is forbidden throw errors that name their awaited twins", async () => {
  const code = `
    Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
    const { terminate, Thread } = await import("@x/thread");
    const thread = await new Thread({ target: () => new Promise((resolve) => setTimeout(resolve, 60_000)) }).startAsync();
    for (const name of ["join", "result"]) try { thread[name](); } catch (error) { console.log(String(error)); }
    terminate(thread);
    console.log(await thread.joinAsync(20_000));`;
  const error = "ThreadError: thread: this thread may not block; use";
  expect(await runScript(code)).toMatchObject({
    stdout: `${error} joinAsync()\n${error} resultAsync()\ntrue\n`,
    stderr: "",
    status: 0,
  });
});
