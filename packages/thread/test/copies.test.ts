/** Several copies of the library in a thread, and several roots in a process: each thread keeps a single object and a single ident. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as thread from "@x/thread";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ended, node, TIMEOUT_MS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const ESBUILD = join(PACKAGES, "..", "node_modules", ".bin", "esbuild");
const NAMES = readdirSync(PACKAGES).filter((name) => existsSync(join(PACKAGES, name, "dist", "index.js")));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "copies-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Installs a copy of all packages; `change` edits the text of each file. */
function install(into: string, change: (text: string) => string = (text) => text): void {
  for (const name of NAMES) {
    const there = join(into, "node_modules", "@x", name);
    mkdirSync(there, { recursive: true });
    cpSync(join(PACKAGES, name, "package.json"), join(there, "package.json"));
    cpSync(join(PACKAGES, name, "dist"), join(there, "dist"), { recursive: true });
    for (const file of readdirSync(join(there, "dist")).filter((name) => /\.c?js$/.test(name))) {
      const path = join(there, "dist", file);
      writeFileSync(path, change(readFileSync(path, "utf8")));
    }
  }
}

let programs = 0;

/** Runs main.mjs or main.cjs of a program with the given files. */
async function run(
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
  libraries: (to: string) => void = install,
): Promise<Ended> {
  const place = join(folder, String(++programs));
  libraries(place);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  }
  const main = Object.keys(files).find((name) => name.startsWith("main."));
  return node([join(place, main!)], { flags });
}

/** A dependency with a copy of the library of its own. */
const DEPENDENCY = `
  import { currentThread, expose, isMainThread, Local, mainThread, setExceptHook, Thread, ThreadError } from "@x/thread";
  import { OwnerDiedError } from "@x/core";
  import { Event } from "@x/event";
  import { Lock, RLock } from "@x/lock";
  import { Timer } from "@x/timer";
  export { currentThread, isMainThread, Local, mainThread, OwnerDiedError, setExceptHook, Thread, ThreadError, Timer };
  export { Lock };
  export const lockOf = (handle) => Lock.from(handle);
  export const recursiveLockOf = (handle) => RLock.from(handle);
  export const newEvent = () => new Event();
  export class Adder extends Thread { n = 1; run() { this.n++; return [this.name, currentThread() === this, isMainThread]; } }
  export function look() { return [currentThread().name, isMainThread]; }
  export function ring(event) { event.set(); }
  export function fail() { new Lock().release(); }
  export function alone(lock, inside) {
    for (let i = 0; i < 20; i++) lock.with(() => {
      const n = Atomics.add(inside, 0, 1) + 1;
      if (n > inside[1]) inside[1] = n;
      Atomics.wait(inside, 2, 0, 1);
      Atomics.sub(inside, 0, 1);
    });
  }
  expose({ Adder, look, ring, fail, alone });
`;

function withDependency(change?: (text: string) => string): (place: string) => void {
  return (place) => {
    install(place);
    install(join(place, "dependency"), change);
    writeFileSync(join(place, "dependency", "index.mjs"), DEPENDENCY);
  };
}

/** Runs `body` in the main thread of a program; the dependency is `dep`. */
function using(body: string, change?: (text: string) => string): Promise<Ended> {
  const text = `
    import { currentThread, enumerate, expose, isMainThread, Local, mainThread, Thread } from "@x/thread";
    import { Condition } from "@x/condition";
    import { Event } from "@x/event";
    import { Lock, RLock } from "@x/lock";
    import { Timer } from "@x/timer";
    import * as dep from "./dependency/index.mjs";
    export function look() { return [currentThread().name, dep.currentThread().name, isMainThread, dep.isMainThread]; }
    export function die(lock, ready) { lock.acquire(); ready.set(); throw new Error("with the lock"); }
    expose({ look, die });
    const say = (value) => console.log(JSON.stringify(value));
    if (isMainThread) {${body}}
  `;
  return run({ "main.mjs": text }, [], withDependency(change));
}

it("@x/thread exports all names of index.ts", () => {
  const text = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)].map(([, names]) => names!);
  const names = lists.flatMap((list) => list.split(",").map((name) => name.trim()));
  expect(Object.keys(thread).sort()).toEqual(names.filter((name) => name !== "" && !name.startsWith("type ")).sort());
});

describe.concurrent("two copies in one program", () => {
  it("announce the death of a thread once, after its code has ended, with the cause", async () => {
    const { out, err } = await run(
      {
        "main.mjs": `
          import { expose, isMainThread, Thread } from "@x/thread";
          import { Lock } from "@x/lock";
          import * as dep from "./dependency/index.mjs";
          export function leave(lock, words) {
            if (dep.Thread !== Thread) throw new Error("not one class");
            process.on("exit", () => {
              const end = performance.now() + 300;
              while (performance.now() < end);
              words[1] = 1;
            });
            lock.acquire();
            Atomics.store(words, 0, 1);
            Atomics.notify(words, 0);
            Atomics.wait(words, 2, 0, 100);
            process.exit(3);
          }
          expose({ leave });
          if (isMainThread) {
            const words = new Int32Array(new SharedArrayBuffer(12));
            const lock = new Lock();
            const thread = new Thread({ target: leave, args: [lock, words], name: "t" }).start();
            Atomics.wait(words, 0, 0, 10_000);
            try {
              lock.acquire(10_000);
            } catch (error) {
              console.log(error.name, words[1], error.cause?.message);
            }
            thread.join(10_000);
          }`,
      },
      [],
      withDependency(),
    );
    expect([out, err]).toEqual(["OwnerDiedError 1 thread: t ended by process.exit(3)\n", ""]);
  });

  it("do not end the program before its threads", async () => {
    const { out, err } = await using(`
      process.on("exit", () => say(new Thread({ target: look, name: "late" }).start().result()));
      new Thread({ target: look, name: "first" }).start();
    `);
    expect([out, err]).toEqual(['["late","late",false,false]\n', ""]);
  });

  it("share one Thread and one main thread", async () => {
    const { out, err } = await using(`
      say([dep.Thread === Thread, dep.Local === Local, dep.isMainThread]);
      say([dep.currentThread() === currentThread(), dep.mainThread() === currentThread(), enumerate().length]);
    `);
    expect([out, err]).toEqual(["[true,true,true]\n[true,true,1]\n", ""]);
  });

  it("return the same current thread, whichever of them started it", async () => {
    const { out, err } = await using(`
      say(new Thread({ target: look, name: "mine" }).start().result());
      say(new dep.Thread({ target: dep.look, name: "yours" }).start().result());
      const adder = new dep.Adder();
      say([adder.start().result(), adder.n]);
    `);
    expect([out, err]).toEqual(['["mine","mine",false,false]\n["yours",false]\n[["Thread-1",true,false],2]\n', ""]);
  });

  it("recognise each other's objects by instanceof, and tell subclasses apart", async () => {
    const { out, err } = await using(`
      class Strict extends Lock {}
      class Mine extends Thread {}
      class Kept extends Local { constructor() { super(); constructed++; } }
      let constructed = 0;
      const kept = new Kept();
      say([new Lock() instanceof dep.Lock, dep.lockOf(new Lock().share()) instanceof Lock, new RLock() instanceof dep.Lock]);
      say([new Strict() instanceof dep.Lock, dep.lockOf(new Lock().share()) instanceof Strict, new Strict() instanceof Strict]);
      say([new dep.Timer(1, look) instanceof Timer, new dep.Adder() instanceof Timer, new dep.Adder() instanceof Mine]);
      say([kept instanceof dep.Local, constructed, {} instanceof Local, null instanceof Thread, new Mine() instanceof Mine]);
    `);
    expect(out).toBe("[true,true,false]\n[true,false,true]\n[true,false,false]\n[true,1,false,false,true]\n");
    expect(err).toBe("");
  });

  it("both fire their timers", async () => {
    const { out, err } = await using(`
      const [mine, yours] = [new Event(), dep.newEvent()];
      new Timer(1, dep.ring, [yours]).start();
      new dep.Timer(1, dep.ring, [mine]).start();
      say([mine.wait(10_000), yours.wait(10_000)]);
    `);
    expect([out, err]).toEqual(["[true,true]\n", ""]);
  });

  it("refuse a start by one copy while a thread of the other imports the module", async () => {
    const text = `
      import { expose, Thread } from "@x/thread";
      import * as dep from "./dependency/index.mjs";
      export function f() {}
      expose({ f });
      new dep.Thread({ target: f }).start().result();
    `;
    const { code, err } = await run({ "main.mjs": text }, [], withDependency());
    expect(code).toBe(1);
    expect(err).toMatch(/main\.mjs starts a thread while a thread is importing it/);
  });

  it("report a death to the tasks of both, and recognise each other's errors", async () => {
    const { out, err } = await using(`
      const [lock, ready] = [new Lock(), new Event()];
      dep.setExceptHook(() => undefined);
      new Thread({ target: die, args: [lock, ready] }).start();
      ready.wait();
      const error = await dep.lockOf(lock.share()).acquireAsync(10_000).catch((error) => error);
      say([error.name, error instanceof dep.OwnerDiedError]);
      try { new Thread({ target: dep.fail }).start().result(); } catch (error) { say(error instanceof dep.ThreadError); }
    `);
    expect([out, err]).toEqual(['["OwnerDiedError",true]\ntrue\n', ""]);
  });

  it("restore the dead owner if a condition of one copy recovers a lock of the other", async () => {
    const { out, err } = await using(`
      const [lock, ready] = [new Lock(), new Event()];
      dep.setExceptHook(() => undefined);
      const condition = new Condition(dep.lockOf(lock.share()));
      condition.acquire();
      condition.notify();
      new Thread({ target: die, args: [lock, ready] }).start();
      say(condition.wait(1));
      condition.release();
      ready.wait();
      const acquire = () => { try { return lock.acquire(10_000); } catch (error) { return error.name; } };
      say(acquire());
    `);
    expect([out, err]).toEqual(['false\n"OwnerDiedError"\n', ""]);
  });
});

describe.concurrent("two versions in one program", () => {
  const newer = (text: string): string => text.replace("takeRole };", "takeRole, isNewer: true };");
  const incompatible = (text: string): string => text.replaceAll('"@x/thread 1"', '"@x/thread 2"');
  const program = `
    say([dep.Thread === Thread, dep.isMainThread, dep.currentThread() === dep.mainThread()]);
    say([new Thread() instanceof dep.Thread, new dep.Local() instanceof Local, new dep.Adder() instanceof Thread]);
    for (const name of ["a", "b"]) say(new Thread({ target: look, name }).start().result());
    say(new dep.Thread({ target: dep.look, name: "c" }).start().result());
    const [lock, inside] = [new RLock(), new Int32Array(new SharedArrayBuffer(12))];
    const threads = [
      new Thread({ target: dep.alone, args: [lock, inside] }).start(),
      new dep.Thread({ target: dep.alone, args: [dep.recursiveLockOf(lock.share()), inside] }).start(),
    ];
    say([threads.map((thread) => thread.join(20_000)), threads[0].ident === threads[1].ident, inside[1]]);
  `;

  it("run side by side if the later version exports more, and recognise each other's threads", async () => {
    const { out, err } = await using(program, newer);
    expect(err).toBe("");
    expect(out.split("\n").map((line) => line && JSON.parse(line))).toEqual([
      [false, true, true],
      [true, true, true],
      ["a", "a", false, false],
      ["b", "b", false, false],
      ["c", false],
      [[true, true], false, 1],
      "",
    ]);
  });

  it("run side by side if their thread tables differ; each version sees dummies for the other's threads", async () => {
    const { out, err } = await using(program, incompatible);
    expect(err).toBe("");
    expect(out.split("\n").map((line) => line && JSON.parse(line))).toEqual([
      [false, true, true],
      [true, true, true],
      ["a", "Dummy-2", false, false],
      ["b", "Dummy-3", false, false],
      ["c", false],
      [[true, true], false, 1],
      "",
    ]);
  });
});

describe.concurrent("a copy found by another path", () => {
  it("is the same copy under --preserve-symlinks", async () => {
    const link = (place: string): void => {
      mkdirSync(join(place, "node_modules"), { recursive: true });
      symlinkSync(join(folder, "linked", "node_modules", "@x"), join(place, "node_modules", "@x"));
    };
    install(join(folder, "linked"));
    const text = `
      import { currentThread, expose, isMainThread, Thread } from "@x/thread";
      import { Event } from "@x/event";
      import { Timer } from "@x/timer";
      export class Named extends Thread { run() { return this.name; } }
      export function look() { return currentThread().name; }
      export function ring(event) { event.set(); }
      expose({ Named, look, ring });
      if (isMainThread) {
        const event = new Event();
        new Timer(1, ring, [event]).start();
        console.log(new Thread({ target: look, name: "a" }).start().result(), new Named().start().result(), event.wait(10_000));
      }
    `;
    expect(await run({ "main.mjs": text }, ["--preserve-symlinks"], link)).toMatchObject({
      out: "a Thread-2 true\n",
      err: "",
    });
  });

  it("is the same copy as CommonJS beside ESM", async () => {
    const text = `
      const { currentThread, expose, isMainThread, Thread } = require("@x/thread");
      class Adder extends Thread { n = 1; run() { this.n++; return [isMainThread, currentThread() === this]; } }
      expose({ Adder });
      if (isMainThread) import("@x/thread").then((esm) => {
        const adder = new Adder().start();
        console.log(...adder.result(), adder.n, esm.isMainThread, esm.Thread === Thread);
      });
    `;
    const flags = ["--no-experimental-require-module"]; // otherwise both are the same file
    expect(await run({ "main.cjs": text }, flags)).toMatchObject({ out: "false true 2 true true\n", err: "" });
  });

  it("is the same copy in a minified bundle, whose worker is another bundle", async () => {
    const files = {
      "source.mjs": `
        import { currentThread, expose, isMainThread, Thread } from "@x/thread";
        import { Event } from "@x/event";
        import { Timer } from "@x/timer";
        export class Named extends Thread { run() { return [this.name, String(this), currentThread() === this]; } }
        export function ring(event) { event.set(); }
        expose({ Named, ring });
        if (isMainThread) {
          const event = new Event();
          new Timer(1, ring, [event]).start();
          console.log(...new Named({ name: "a" }).start().result(), event.wait(10_000), String(currentThread()));
        }
      `,
      "main.mjs": 'import "./out/main.js";',
      "out/package.json": '{ "type": "module" }',
    };
    const bundled = (place: string): void => {
      install(place);
      writeFileSync(join(place, "source.mjs"), files["source.mjs"]);
      const entries = ["main=source.mjs", "worker=@x/thread/worker"];
      const options = ["--bundle", "--minify", "--platform=node", "--format=esm", "--outdir=out"];
      execFileSync(ESBUILD, [...entries, ...options], { cwd: place, stdio: "pipe" });
    };
    const { out, err } = await run(files, [], bundled);
    expect(err).toBe("");
    expect(out).toMatch(/^a <\w+\(a, started \d+\)> true true <Thread\(MainThread, started 1\)>\n$/);
  });

  it("is the same copy if a preload loaded it before the worker's entry", async () => {
    const files = {
      "preload.mjs": 'import "./dependency/index.mjs";',
      "main.mjs": `
        import { currentThread, isMainThread, Thread } from "@x/thread";
        import { look } from "./dependency/index.mjs";
        if (isMainThread) console.log(...new Thread({ target: look, name: "a" }).start().result(), currentThread().name);
      `,
    };
    const place = join(folder, String(programs + 1));
    const flags = ["--import", join(place, "preload.mjs")];
    expect(await run(files, flags, withDependency())).toMatchObject({ out: "a false MainThread\n", err: "" });
  });
});

describe("a copy in another realm of the main thread, as in test runners", () => {
  it("sees the main thread, and starts threads of its own", async () => {
    const text = `
      const { createRequire } = require("node:module");
      const { readFileSync } = require("node:fs");
      const vm = require("node:vm");
      const { dirname } = require("node:path");
      function realm() {
        const names = ["process", "performance", "TextEncoder", "TextDecoder", "setTimeout", "clearTimeout", "structuredClone", "atob", "Buffer", "URL"];
        const context = vm.createContext(Object.fromEntries(names.map((name) => [name, globalThis[name]])));
        const modules = new Map();
        const load = (name, from) => {
          const file = createRequire(from).resolve(name);
          if (!modules.has(file)) {
            const module = { exports: {} };
            modules.set(file, module);
            const parameters = ["require", "module", "exports", "__filename", "__dirname"];
            const options = { filename: file, parsingContext: context };
            const run = vm.compileFunction(readFileSync(file, "utf8"), parameters, options);
            run((name) => load(name, file), module, module.exports, file, dirname(file));
          }
          return modules.get(file).exports;
        };
        return (name) => load(name, __filename);
      }
      for (const load of [realm(), realm(), require]) {
        const { activeCount, currentThread, isMainThread, Thread } = load("@x/thread");
        const thread = new Thread({ target: (x) => x + 1, args: [1] }).start();
        console.log(isMainThread, currentThread().name, thread.result(), thread.ident, activeCount());
      }
    `;
    const { out, err } = await run({ "main.cjs": text }, ["--no-experimental-require-module"]);
    expect(err).toBe("");
    expect(out).toBe("true MainThread 2 2 1\ntrue MainThread 2 4 1\ntrue MainThread 2 6 1\n");
  });
});

describe.concurrent("workers that start threads independently of each other", () => {
  const worker = `
    import { parentPort, workerData } from "node:worker_threads";
    import { RLock } from "@x/lock";
    import { expose, isMainThread, startNewThread, Thread } from "@x/thread";
    export function alone(lock, inside) {
      for (let i = 0; i < 20; i++) lock.with(() => {
        const n = Atomics.add(inside, 0, 1) + 1;
        if (n > inside[1]) inside[1] = n;
        Atomics.wait(inside, 2, 0, 1);
        Atomics.sub(inside, 0, 1);
      });
    }
    expose({ alone });
    if (parentPort !== null && workerData?.inside) {
      const { lock, inside, count } = workerData;
      const threads = [1, 2].map(() => new Thread({ target: alone, args: [RLock.from(lock), inside] }).start());
      const idents = threads.map((thread) => thread.join() && thread.ident);
      for (let i = 2; i < count; i++) idents.push(startNewThread(() => undefined, []));
      parentPort.postMessage({ isMainThread, idents });
    }
  `;

  it.each([
    ["main has loaded a lock", 'import { RLock } from "@x/lock"; const lock = new RLock().share();', 4],
    [
      "main has loaded nothing, and the threads use up a block of idents",
      'const lock = { kind: "@x/lock RLock", buffer: new SharedArrayBuffer(64), byteOffset: 0 };',
      1100,
    ],
  ])("share a lock and have different idents: %s", async (_, loads, count) => {
    const text = `${loads}
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      const inside = new Int32Array(new SharedArrayBuffer(12));
      const workers = [1, 2].map(() => {
        const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { lock, inside, count: ${count} } });
        return once(worker, "message");
      });
      const answers = (await Promise.all(workers)).map(([message]) => message);
      const idents = answers.flatMap(({ idents }) => idents);
      console.log(answers.map(({ isMainThread }) => isMainThread), idents.length, new Set(idents).size, inside[1]);
      console.log(idents.every((ident) => ident % 2 === 0 && ident > 0 && ident < 2 ** 29));
    `;
    const { out, err } = await run({ "main.mjs": text, "worker.mjs": worker });
    expect(err).toBe("");
    expect(out).toBe(`[ true, true ] ${2 * count} ${2 * count} 1\ntrue\n`);
  });
});

describe.concurrent("idents", () => {
  /** Starts two threads in the root `root`; it has used all idents up to `last`. */
  const startAfter = (root: number, last: number): Promise<Ended> =>
    run({
      "main.mjs": `
        import { setEnvironmentData } from "node:worker_threads";
        const buffer = new SharedArrayBuffer(4);
        new Int32Array(buffer)[0] = ${last} / 2;
        setEnvironmentData("@x/thread root", { ident: ${root}, buffer, at: 0 });
        const { ThreadError, Thread } = await import("@x/thread");
        const start = () => new Thread({ target: () => undefined }).start().ident;
        try { console.log(start(), start()); }
        catch (error) { console.log(error instanceof ThreadError, error.message); }
      `,
    });
  const LAST_OF_MAIN = 7 * 2 ** 26 - 2;
  const IDENT_MAX = 2 ** 29 - 1;
  const BLOCK = 2048;

  it("of the main thread's descendants end with an error where the idents of other roots begin", async () => {
    expect((await startAfter(1, 0)).out).toBe("2 4\n");
    expect((await startAfter(1, LAST_OF_MAIN - 4)).out).toBe(`${LAST_OF_MAIN - 2} ${LAST_OF_MAIN}\n`);
    const { out } = await startAfter(1, LAST_OF_MAIN);
    expect(out).toBe("true thread: can't start new thread: all idents have been used; restart the process\n");
  });

  it("of other roots come in blocks by worker number; a used-up block is followed by another block", async () => {
    const first = LAST_OF_MAIN + 2;
    const ofRoot = (number: number): number => 2 * number + 1;
    expect((await startAfter(ofRoot(3), 0)).out).toBe(`${first + 3 * BLOCK} ${first + 3 * BLOCK + 2}\n`);
    // Worker 1 is the supervisor; worker 2 ran the first thread, or was created to draw a number.
    const { out } = await startAfter(ofRoot(3), first + 4 * BLOCK - 4);
    const [last, next] = out.split(" ").map(Number);
    expect(last).toBe(first + 4 * BLOCK - 2);
    expect((next! - first) % BLOCK).toBe(0);
    expect((next! - first) / BLOCK).toBeGreaterThan(0);
    // Numbers without a block of their own; Deno draws them for web workers.
    expect((await startAfter(ofRoot(2 ** 27), 0)).out).toBe(`${first + BLOCK} ${first + BLOCK + 2}\n`);
  });

  it("of the last block do not exceed the largest ident", () => {
    expect(LAST_OF_MAIN + 2 + (2 ** 15 - 1) * BLOCK + BLOCK - 2).toBe(IDENT_MAX - 1);
  });
});
