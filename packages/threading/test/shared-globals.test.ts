/** Values of modules that are the same in all threads, and programs as Python's textbooks write them. */
import { runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

/** A module with a value of each kind. */
const GLOBALS = `
  import { Event, Lock, Queue, sharedGlobals } from "@x/threading";
  import { SharedArray, SharedMap, SharedObject, sharedObject, SharedValue, struct, StructArray } from "@x/shared";
  const Point = struct({ x: "i32" });
  export class State extends SharedObject {
    running = true;
    lock = new Lock();
  }
  export const all = sharedGlobals(import.meta.url, {
    lock: new Lock(),
    event: new Event(),
    tally: new SharedValue(0),
    map: new SharedMap(),
    list: new SharedArray(),
    state: sharedObject({ count: 0 }),
    queue: new Queue(),
    points: new StructArray(Point, 4),
    point: new Point(),
    words: new Int32Array(new SharedArrayBuffer(64)),
    seed: () => Math.random(),
  });
  export function change(name) {
    const { lock, event, tally, map, list, state, queue, points, point, words } = all;
    lock.with(() => {
      tally.update((n) => n + 1);
      map.update(name, (n = 0) => n + 1);
      list.push(name);
      state.count++;
      queue.put(name);
      points.get(1).x++;
      point.x++;
      words[0]++;
      event.set();
    });
    return all.seed;
  }
  export function seen() {
    const { event, tally, map, list, state, queue, points, point, words } = all;
    return [event.isSet(), tally.get(), map.size, list.length, state.count, queue.qsize(), points.get(1).x, point.x, words[0]];
  }
`;
const [THREE, SIX] = [
  [true, 3, 3, 3, 3, 3, 3, 3, 3],
  [true, 6, 4, 6, 6, 6, 6, 6, 6],
];

async function linesOf(main: string, files: Record<string, string> = {}, flags: string[] = []): Promise<string[]> {
  const { stdout, stderr, status } = await runScript(main, { files: { "globals.mjs": GLOBALS, ...files }, flags });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trim().split("\n");
}

describe("sharedGlobals with values", () => {
  it("gives the same values to all threads if main imports the module first", async () => {
    const lines = await linesOf(`
      import { expose, isMainThread, Thread } from "@x/threading";
      import { change, seen } from "./globals.mjs";
      expose(import.meta.url, { change });
      if (isMainThread) {
        const threads = ["a", "b", "c"].map((name) => new Thread({ target: change, args: [name] }).start());
        const seeds = threads.map((thread) => thread.result());
        console.log(JSON.stringify(seen()), new Set(seeds).size);
      }`);
    expect(lines).toEqual([`${JSON.stringify(THREE)} 1`]);
  });

  it("gives the same values to all threads if main imports the module last, and if threads start threads", async () => {
    const lines = await linesOf(
      `
      import { Thread } from "@x/threading";
      import { isMainThread } from "@x/threading";
      import { later } from "./later.mjs";
      if (isMainThread) {
        const threads = ["a", "b", "c"].map((name) => new Thread({ target: later, args: [name] }).start());
        const seeds = threads.flatMap((thread) => thread.result());
        const { seen } = await import("./globals.mjs");
        console.log(JSON.stringify(seen()), new Set(seeds).size);
      }`,
      {
        "later.mjs": `
          import { expose, Thread } from "@x/threading";
          export async function later(name) {
            const { change } = await import("./globals.mjs");
            const nested = new Thread({ target: latest }).start();
            return [change(name), nested.result()];
          }
          export async function latest() {
            return (await import("./globals.mjs")).change("nested");
          }
          expose(import.meta.url, { later, latest });`,
      },
    );
    expect(lines).toEqual([`${JSON.stringify(SIX)} 1`]);
  });

  it("keeps the values of two modules apart, though they have one name", async () => {
    const module = (n: number): string => `
      import { sharedGlobals } from "@x/threading";
      import { SharedValue } from "@x/shared";
      export const { tally } = sharedGlobals(import.meta.url, { tally: new SharedValue(${n}) });`;
    const lines = await linesOf(
      `
      import { expose, isMainThread, Thread } from "@x/threading";
      import { tally as one } from "./one.mjs";
      import { tally as two } from "./two.mjs";
      export const add = () => [one.update((n) => n + 1), two.update((n) => n + 10)];
      expose(import.meta.url, { add });
      if (isMainThread) {
        new Thread({ target: add }).start().join();
        console.log(one.get(), two.get());
      }`,
      { "one.mjs": module(1), "two.mjs": module(2) },
    );
    expect(lines).toEqual(["2 12"]);
  });

  it("lets the values of a thread go that came too late", async () => {
    const lines = await linesOf(
      `
      import { isMainThread, Lock, sharedGlobals, Thread } from "@x/threading";
      import { SharedMap, sharedObject } from "@x/shared";
      function late() {
        const make = () => ({ map: new SharedMap(), state: sharedObject({ n: 0 }), list: () => [new Lock(), new SharedMap()] });
        const first = sharedGlobals(import.meta.url, make());
        const offered = make();
        const lost = [offered.map, offered.state].map((value) => new WeakRef(value));
        const again = sharedGlobals(import.meta.url, offered);
        return { lost, isSame: again.map === first.map && again.state === first.state };
      }
      for (const start of [() => undefined, () => new Thread({ target: () => undefined }).start().join()]) {
        start();
        const { lost, isSame } = late();
        for (let i = 0; i < 20 && lost.some((ref) => ref.deref() !== undefined); i++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          gc();
        }
        console.log(isSame, lost.map((ref) => ref.deref() === undefined).join());
      }`,
      {},
      ["--expose-gc"],
    );
    expect(lines).toEqual(["true true,true", "true true,true"]);
  });

  it("refuses a value that each thread would copy, with the cure", async () => {
    const lines = await linesOf(`
      import { sharedGlobals } from "@x/threading";
      for (const value of [0, "x", { n: 1 }, [1], null, undefined, new Map(), new Int32Array(4)])
        try {
          sharedGlobals(import.meta.url, { value });
          console.log("no error");
        } catch ({ name, message }) {
          console.log(name, message.replace(/is .*?, and/, "is …, and"));
        }`);
    const error =
      "TypeError thread: shared value is …, and each thread would have a copy; write value: new SharedValue(…) with the class of " +
      "@x/shared, or a function for a value that never changes";
    expect(lines).toEqual(Array.from({ length: 8 }, () => error));
  });
});

/** Each works in Python as it is written. */
describe("a program of a textbook", () => {
  const COUNT = `
    import fs from "node:fs";
    import { expose, isMainThread, Lock, sharedGlobals, sleep, Thread } from "@x/threading";
    const FILE = new URL("./count.txt", import.meta.url);
    const { lock } = sharedGlobals(import.meta.url, { lock: new Lock() });
    export function add() {
      for (let i = 0; i < 20; i++)
        lock.with(() => {
          const n = Number(fs.readFileSync(FILE));
          sleep(0.1);
          fs.writeFileSync(FILE, String(n + 1));
        });
    }
    expose(import.meta.url, { add });
    if (isMainThread) {
      const threads = [1, 2, 3].map(() => new Thread({ target: add }).start());
      for (const thread of threads) thread.join();
      console.log(String(fs.readFileSync(FILE)));
    }`;

  it("whose threads count under a lock of the module counts right by sharedGlobals", async () => {
    expect(await linesOf(COUNT, { "count.txt": "0" })).toEqual(["60"]);
  });

  const ACCOUNT = (head: string, exposed: string): string => `
    import { expose, isMainThread, RLock, Thread } from "@x/threading";
    import { SharedObject } from "@x/shared";
    export class BankAccount ${head}
        this.balance = 0;
        this.lock = new RLock();
      }
      deposit(n) {
        this.lock.with(() => {
          this.balance += n;
        });
      }
    }
    export function save(account, n) {
      for (let i = 0; i < n; i++) account.deposit(1);
    }
    expose(import.meta.url, { ${exposed} });
    if (isMainThread) {
      const account = new BankAccount();
      try {
        const threads = [0, 1, 2].map(() => new Thread({ target: save, args: [account, 100] }).start());
        for (const thread of threads) thread.join();
        console.log(account.balance);
      } catch ({ message }) {
        console.log(message);
      }
    }`;

  it("with a bank account loses no deposit by SharedObject, and is an error for a class that is not exposed", async () => {
    expect(await linesOf(ACCOUNT("extends SharedObject { constructor() { super();", "BankAccount, save"))).toEqual([
      "300",
    ]);
    for (const head of ["extends SharedObject { constructor() { super();", "{ constructor() {"])
      expect((await linesOf(ACCOUNT(head, "save"))).join("\n")).toMatch(/BankAccount.*expose\(\{ BankAccount/);
  });

  it("that stops a thread by a flag stops it by static shared", async () => {
    const lines = await linesOf(`
      import "@x/shared";
      import { Event, expose, isMainThread, sleep, Thread } from "@x/threading";
      export class Task extends Thread {
        static shared = ["running", "left"];
        constructor() {
          super();
          this.running = true;
          this.left = 1_000_000;
          this.begun = new Event();
        }
        run() {
          while (this.running && this.left > 0) {
            this.left--;
            this.begun.set();
            sleep(1);
          }
        }
        terminate() {
          this.running = false;
        }
      }
      expose(import.meta.url, { Task });
      if (isMainThread) {
        const task = new Task();
        task.start();
        task.begun.wait(20_000);
        console.log(task.left < 1_000_000);
        task.terminate();
        console.log(task.join(20_000), task.running, task.left > 0);
      }`);
    expect(lines).toEqual(["true", "true false true"]);
  });
});
