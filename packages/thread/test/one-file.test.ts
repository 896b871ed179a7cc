/** Programs that a bundler has put into one file. They run without the packages and the sources. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ended, type How, node, TIMEOUT_MS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const ESBUILD = join(ROOT, "node_modules", ".bin", "esbuild");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "one-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let programs = 0;

/** Bundles main.js, or the first of several files, and runs the bundle alone. */
async function bundled(
  text: string,
  { format = "esm", how = {}, files = {} }: { format?: "esm" | "cjs"; how?: How; files?: Record<string, string> } = {},
): Promise<Ended> {
  const place = join(folder, String(++programs));
  const out = join(place, "out", `main.${format === "esm" ? "mjs" : "cjs"}`);
  mkdirSync(place);
  for (const [name, content] of Object.entries({ ...files, "main.js": text })) {
    writeFileSync(join(place, name), content);
  }
  const options = ["--bundle", "--platform=node", "--minify", `--format=${format}`, `--outfile=${out}`];
  execFileSync(ESBUILD, [join(place, "main.js"), ...options, "--log-level=error"], {
    env: { ...process.env, NODE_PATH: join(ROOT, "node_modules") },
  });
  rmSync(join(place, "main.js"));
  return node([out], how);
}

const TASKS = `
  import { currentThread, enumerate, expose, isMainThread, sharedGlobals, Thread, ThreadError, TimeoutError } from "@x/thread";
  import { Lock, OwnerDiedError } from "@x/lock";
  import { Timer } from "@x/timer";
  import { Event } from "@x/event";
  export const { tally } = sharedGlobals({ tally: () => new Int32Array(new SharedArrayBuffer(4)) });
  export function count(lock) { for (let i = 0; i < 1000; i++) lock.with(() => tally[0]++); }
  export function nested(lock) { new Thread({ target: count, args: [lock], name: "inner" }).start().join(); return names(); }
  export function names() { return [currentThread().name, currentThread().daemon, isMainThread, enumerate().length]; }
  export function late() { throw new TimeoutError("late", { cause: new RangeError("inner") }); }
  export function ring(event) { event.set(); }
  export function die(lock) { lock.acquire(); throw new ThreadError("with the lock"); }
  export class Named extends Thread { run() { return this.name; } }
  expose({ count, nested, names, late, ring, die, Named });
  export { Event, Lock, OwnerDiedError, Thread, ThreadError, Timer, TimeoutError, isMainThread };
`;

const MAIN = `
  import { setExceptHook } from "@x/thread";
  import * as it from "./tasks.js";
  if (it.isMainThread) {
    const say = (...values) => console.log(JSON.stringify(values));
    const run = (target, ...args) => new it.Thread({ target, args, name: "outer" }).start().result(20_000);
    setExceptHook(() => undefined);
    const lock = new it.Lock();
    const both = [1, 2].map(() => new it.Thread({ target: it.count, args: [lock] }).start());
    say(both.map((thread) => thread.join(20_000)), it.tally[0]);
    say(run(it.nested, lock), it.tally[0]);
    say(new it.Named({ name: "sub" }).start().result(20_000));
    try { run(it.late); } catch (error) { say(error instanceof it.TimeoutError, error.name, error.cause instanceof RangeError); }
    const event = new it.Event();
    new it.Timer(1, it.ring, [event]).start();
    say(event.wait(20_000));
    new it.Thread({ target: it.die, args: [lock] }).start().join(20_000);
    try { lock.acquire(20_000); } catch (error) { say(error instanceof it.OwnerDiedError, error.cause instanceof it.ThreadError); }
  }
`;

const FORMATS = [["esm"], ["cjs"]] as const;

describe.concurrent("a bundle of one file, minified, without its sources", () => {
  it.each(FORMATS)("does what its sources do, as %s", async (format) => {
    const { code, out, err } = await bundled(MAIN, { format, files: { "tasks.js": TASKS } });
    expect([code, err]).toEqual([0, ""]);
    expect(out.trim().split("\n")).toEqual([
      "[[true,true],2000]",
      '[["outer",false,false,2],3000]',
      '["sub"]',
      '[true,"TimeoutError",true]',
      "[true]",
      "[true,true]",
    ]);
  });

  it.each(FORMATS)(
    "starts no thread twice without a guard: start throws the error that names it, as %s",
    async (format) => {
      const text = `
      import { expose, Thread } from "@x/thread";
      function f() { return 1; }
      expose({ f });
      console.log("evaluated");
      console.log(new Thread({ target: f }).start().result(20_000));
    `;
      const { code, out, err } = await bundled(text, { format });
      expect(code).toBe(1);
      expect(out).toMatch(/^(evaluated\n)+$/); // main, and each worker that tries
      expect(err).toMatch(/main\.[cm]js starts a thread while a thread is importing it.*behind "if \(isMainThread\)"/);
    },
  );

  it("does not begin a thread before its top-level await has ended", async () => {
    const text = `
      import { expose, isMainThread, Thread } from "@x/thread";
      function f() { return state; }
      expose({ f });
      let state = "too early";
      await new Promise((resolve) => setTimeout(resolve, 50));
      state = "ready";
      if (isMainThread) console.log(new Thread({ target: f }).start().result(20_000));
    `;
    expect(await bundled(text)).toMatchObject({ code: 0, out: "ready\n", err: "" });
  });

  const SERVER = `
    import { createServer } from "node:http";
    import { threadId } from "node:worker_threads";
    import { expose, Thread } from "@x/thread";
    function f() { return 1; }
    expose({ f });
    const server = createServer().listen(Number(process.env.PORT_OF_TEST), async () => {
      if (threadId !== 0) return;
      process.env.PORT_OF_TEST = process.env.NEXT_PORT ?? server.address().port;
      try { await new Thread({ target: f }).start().resultAsync(20_000); }
      catch (error) { console.log([error.message, error.cause?.message].join(" ")); }
      process.exit();
    });
  `;

  it.each([
    ["a port of its own", { NEXT_PORT: "0" }, /main\.mjs listens on a port while a thread is importing it/],
    ["main's port", {}, /EADDRINUSE.*each thread imports it, too/],
  ])("serves no second time on %s: the error names the guard", async (_, env, message) => {
    const { out } = await bundled(SERVER, { how: { env: { PORT_OF_TEST: "0", ...env } } });
    expect(out).toMatch(message);
    expect(out).toContain('behind "if (isMainThread)"');
  });

  it("makes start throw if its file does not load the library at its top level", async () => {
    const text = `
      import { isMainThread } from "node:worker_threads";
      if (isMainThread) {
        const { Thread } = await import("@x/thread");
        try { new Thread({ target: () => 1 }).start(); } catch (error) { console.log(error.message); }
      }
    `;
    const { out } = await bundled(text);
    expect(out).toMatch(
      /can't start new thread: .*main\.mjs has not loaded @x\/thread; import it at the top of that file/,
    );
  });

  it("evaluates none of the program's modules after the library in the supervisor", async () => {
    const text = `
      import { threadId } from "node:worker_threads";
      import { expose, isMainThread, Thread } from "@x/thread";
      function f() { return threadId; }
      expose({ f });
      console.log("evaluated in", threadId);
      if (isMainThread) console.log("run in", new Thread({ target: f }).start().result(20_000));
    `;
    const { out } = await bundled(text);
    const lines = out.trim().split("\n");
    expect(lines[0]).toBe("evaluated in 0");
    expect(lines).toContain("run in 2");
    expect(lines).not.toContain("evaluated in 1"); // the supervisor
  });

  it.each(["import.meta.main", "process.argv[1] === fileURLToPath(import.meta.url)"])(
    "may have the guard %s",
    async (guard) => {
      const text = `
      import { fileURLToPath } from "node:url";
      import { expose, Thread } from "@x/thread";
      function f() { return 1; }
      expose({ f });
      const isMain = ${guard};
      if (isMain ?? process.argv[1] === fileURLToPath(import.meta.url)) console.log(new Thread({ target: f }).start().result(20_000));
    `;
      expect(await bundled(text)).toMatchObject({ code: 0, out: "1\n", err: "" });
    },
  );
});
