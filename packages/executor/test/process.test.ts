/** Executors at the end of a process, and what they keep in memory. Each test is a process of its own. */
import { runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

const HEAD = `import { getPriority, setPriority } from "node:os";
  import { asCompleted, ThreadPoolExecutor, wait } from "@x/executor";
  import { currentThread, enumerate, expose, getNativeId, isMainThread, setExceptHook, sleep, Thread } from "@x/thread";
  export function late(text) { sleep(100); console.log(text); return text; }
  export function fail(text) { throw new RangeError(text); }
  export const make = (n) => ({ n, pad: "x".repeat(1000) });
  export const memory = () => new Int32Array(new SharedArrayBuffer(8));
  export const wordOf = (flags) => flags[0];
  export function failWithout(ident) {
    while (enumerate().some((thread) => thread.ident === ident)) sleep(1);
    throw new RangeError("failed without its submitter");
  }
  export function oddWithout(ident) {
    while (enumerate().some((thread) => thread.ident === ident)) sleep(1);
    return new WeakMap();
  }
  export function leaveBehind(executor, task) { executor.submit(task, currentThread().ident); }
  export function leaveFuture(executor) { return { future: executor.submit(failWithout, currentThread().ident) }; }
  export const lower = (by) => setPriority(by);
  export const priority = () => getPriority();
  export const nativeId = () => getNativeId();
  const now = () => performance.timeOrigin + performance.now();
  export function hog(last) { for (const all = []; ; last[0] = now()) all.push(new Array(100_000).fill(all.length)); }
  function pass(executor, text) { executor.submit(late, text); }
  expose({ late, fail, failWithout, oddWithout, leaveBehind, leaveFuture, make, memory, wordOf, hog, pass, lower, priority, nativeId });
  const turns = async () => { for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); } };
`;

const run = (body: string, flags: readonly string[] = []): ReturnType<typeof runScript> =>
  runScript(`${HEAD} if (isMainThread) { ${body} }`, { flags });

describe("at the end of the process", () => {
  it("F024: pending tasks run, although nobody waits for them", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(2);
      for (const text of ["a", "b", "c", "d", "e"]) executor.submit(late, text);
      console.log("end of main");`);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout.split("\n").sort()).toEqual(["", "a", "b", "c", "d", "e", "end of main"]);
  });

  it("an error that has come, and was not received, is reported by process.exit, too", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit(fail, "just before the end");
      while (executor.stats().failed === 0) sleep(1);
      process.exit(0);`);
    expect(ran.status).toBe(0);
    expect(ran.stderr.match(/RangeError: just before the end/g)?.length).toBe(1);
  });

  it("the error of a task whose submitter has ended is reported", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor({ maxWorkers: 4, maxTasksPerWorker: 1 });
      for (const task of [failWithout, oddWithout]) executor.submit(leaveBehind, executor, task).result();
      executor.shutdown();`);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toMatch(
      /^Exception in task \d+ \(failWithout\), for which no thread has asked:\nRangeError: failed/m,
    );
    expect(ran.stderr.match(/RangeError: failed without/g)?.length).toBe(1);
    expect(ran.stderr).toMatch(
      /^Exception in task \d+ \(oddWithout\), for which no thread has asked:\nTypeError: .*WeakMap/m,
    );
  });

  it("the error of a task whose submitter has ended is reported by the thread that has its future, and does not ask", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor({ maxWorkers: 2, maxTasksPerWorker: 1 });
      const { future } = executor.submit(leaveFuture, executor).result();
      executor.shutdown();
      setTimeout(() => console.log(future.done()), 10);`);
    expect(ran).toMatchObject({ status: 0, stdout: "true\n" });
    expect(ran.stderr.match(/^Exception in task .* no thread has asked:\nRangeError: failed without/gm)?.length).toBe(
      1,
    );
  });

  it("a submitter that is collected gives its part of the store back", async () => {
    const ran = await run(
      `
      const executor = new ThreadPoolExecutor(1);
      const { state } = executor[Symbol.for("@x/executor pool")];
      const count = () => state.locked(() => [...state.records.submitters()].length);
      for (let i = 0; i < 20; i++) {
        await ThreadPoolExecutor.from(executor.share()).submit(late, "");
        await turns();
      }
      console.log(count() < 10 ? "few" : count());`,
      ["--expose-gc"],
    );
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout.trim()).toBe("few");
  });

  it("a result in shared memory is let go if no thread asks for it, and once if one does", async () => {
    const ran = await run(
      `
      const { keeper } = globalThis[Symbol.for("@x/core memory numbers 1")];
      const drop = keeper.drop;
      const dropped = [];
      keeper.drop = (container, numbers) => {
        dropped.push(...numbers);
        drop.call(keeper, container, numbers);
      };
      const executor = new ThreadPoolExecutor(1);
      for (let i = 0; i < 20; i++) executor.submit(memory);
      for (let i = 0; i < 5; i++) await executor.submit(memory);
      await turns();
      console.log(new Set(dropped).size === dropped.length && dropped.length > 20 ? "let go" : dropped);`,
      ["--expose-gc"],
    );
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout.trim()).toBe("let go");
  });

  it("F037: the process waits for a running task after shutdown(false)", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit(late, "output of the task");
      executor.shutdown(false);`);
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "output of the task\n" });
  });

  it("F025: an executor that was dropped lets its pending tasks finish", async () => {
    const ran = await run(
      `
      let executor = new ThreadPoolExecutor(1);
      for (const text of ["a", "b"]) executor.submit(late, text);
      executor = undefined;
      await turns();
      console.log("dropped");`,
      ["--expose-gc"],
    );
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout.split("\n").sort()).toEqual(["", "a", "b", "dropped"]);
  });

  it("F023, F025: idle workers do not hold it up", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(2);
      executor.submit(late, "done").result();`);
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "done\n" });
    expect(ran.lingered).toBeLessThan(3000);
  });

  it("F023: ends as the last task of another thread ends, which runs when main has ended", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(1);
      new Thread({ target: pass, args: [executor, "done"] }).start().join();`);
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "done\n" });
  });

  it("F006: submit in a handler of its exit is a ThreadError, and hangs nothing", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit(late, "done").result();
      process.on("exit", () => {
        try { executor.submit(late, "too late"); console.log("taken"); } catch (error) { console.log(error.name); }
      });`);
    expect(ran).toMatchObject({ status: 0, stdout: "done\nThreadError\n" });
  });

  it("an error for which no thread asks is printed once, with the name of the task", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit(fail, "nobody asks");
      await executor.submit(fail, "asked").exceptionAsync();`);
    expect(ran.status).toBe(0);
    expect(ran.stderr.match(/nobody asks/g)?.length).toBe(1);
    expect(ran.stderr).toContain("fail");
    expect(ran.stderr).not.toContain("RangeError: asked");
  });
});

describe("a worker without memory", () => {
  it.each(["exception", "exceptionAsync"])("F090: fails its task with the cause, within a second: %s", async (ask) => {
    const ran = await run(
      `
      setExceptHook(() => undefined);
      const executor = new ThreadPoolExecutor(1);
      const last = new Float64Array(new SharedArrayBuffer(8));
      const error = await executor.submit(hog, last).${ask}(20_000);
      console.log(error.name, /ran out of memory/.test(error.cause.message), now() - last[0] < 1000);
      console.log(executor.submit(make, 1).result(20_000).n);`,
      ["--max-old-space-size=80"],
    );
    expect(ran).toMatchObject({ status: 0, stdout: "ThreadError true true\n1\n" });
  });
});

describe("in memory", () => {
  it("F010: an executor keeps neither the arguments nor the result of a task that has run", async () => {
    const ran = await run(
      `
      const executor = new ThreadPoolExecutor(1);
      let flags = new Int32Array(new SharedArrayBuffer(8));
      const memory = new WeakRef(flags.buffer);
      await executor.submit(wordOf, flags);
      flags = undefined;
      for (let i = 0; i < 20 && memory.deref() !== undefined; i++) { executor.submit(make, i).result(); await turns(); }
      console.log(memory.deref() === undefined);`,
      ["--expose-gc"],
    );
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "true\n" });
  });

  it("F054: the iterator of map keeps no result that it has returned", async () => {
    const ran = await run(
      `
      const executor = new ThreadPoolExecutor(1);
      const results = executor.map(make, [1, 2, 3]);
      const asynchronous = executor.mapAsync(make, [1, 2, 3]);
      const refs = [new WeakRef(results.next().value), new WeakRef((await asynchronous.next()).value)];
      await turns();
      console.log(refs.map((ref) => ref.deref() === undefined), results.next().value.n, (await asynchronous.next()).value.n);`,
      ["--expose-gc"],
    );
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "[ true, true ] 2 2\n" });
  });

  it("F086: asCompleted keeps no future that it has yielded", async () => {
    const ran = await run(
      `
      const executor = new ThreadPoolExecutor(1);
      const futures = [executor.submit(make, 1), executor.submit(make, 2)];
      wait(futures);
      const iterator = asCompleted(futures.splice(0));
      const ref = new WeakRef(iterator.next().value);
      await turns();
      console.log(ref.deref() === undefined, iterator.next().value.result().n);`,
      ["--expose-gc"],
    );
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "true 2\n" });
  });
});

describe("the initializer", () => {
  it.runIf(process.platform === "linux")("lowers the priority of its worker, and of no later thread", async () => {
    const ran = await run(`
      const executor = new ThreadPoolExecutor({ maxWorkers: 1, initializer: lower, initargs: [7] });
      const other = new Thread({ target: priority }).start();
      console.log(await executor.submit(priority), other.result(), priority());
      executor.shutdown();
      const later = Array.from({ length: 5 }, () => new Thread({ target: priority }).start().result());
      console.log(...later);`);
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "7 0 0\n0 0 0 0 0\n" });
  });
});

describe("terminate", () => {
  it("lets the worker of a thread that is asleep run other threads", async () => {
    const ran = await run(`
      const attempt = async () => {
        const executor = new ThreadPoolExecutor(1);
        const worker = await executor.submit(nativeId);
        await new Promise((resolve) => setTimeout(resolve, 20)); // it is asleep by then, at most attempts
        executor.terminate();
        await executor.shutdownAsync();
        return worker === new Thread({ target: nativeId }).start().result();
      };
      let reused = 0;
      for (let i = 0; i < 20; i++) if (await attempt()) reused++;
      console.log(reused >= 15 || reused);`);
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "true\n" });
  });
});
