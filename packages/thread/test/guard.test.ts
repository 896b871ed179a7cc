/** Programs without `if (isMainThread)`, which threads import. None does its work again in silence. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ended, node, TIMEOUT_MS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "guard-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const LIBRARY = `import { expose, isMainThread, Thread, startNewThread } from "${import.meta.resolve("@x/thread")}";`;

/** Without a guard: `main` goes on in each thread while `f` is awaited there. */
const program = (main: string, f = "await new Promise((resolve) => setTimeout(resolve, 5000))"): string => `
  ${LIBRARY}
  import { readFile } from "node:fs/promises";
  import { createServer } from "node:http";
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const start = async () => (await new Thread({ target: f, name: "t" }).startAsync()).resultAsync(20_000);
  async function f() { ${f}; return 1; }
  expose({ f });
  ${main}
`;

let files = 0;

function run(text: string, flags: readonly string[] = []): Promise<Ended> {
  const file = join(folder, `${++files}.mjs`);
  writeFileSync(file, text);
  return node([file], { flags });
}

const GUARD = /behind "if \(isMainThread\)"/;

describe.concurrent("an async main without a guard, in a module that threads import", () => {
  it.each([
    ["promises alone", "await null; await null;", /starts a thread while a thread is importing it/],
    ["a timer", "await pause(50);", /goes on after a thread has imported it, and starts a thread there/],
    ["a file", "await readFile(new URL(import.meta.url)); await pause(20);", /goes on after a thread has imported it/],
  ])("cannot start threads after it has awaited %s: the error names the guard", async (_, awaits, message) => {
    const { code, out, err } = await run(
      program(`async function main() { ${awaits} console.log(await start()); } main();`),
    );
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(message);
    expect(err).toMatch(GUARD);
  });

  it("cannot start them by startNewThread", async () => {
    const { code, err } = await run(
      program(`async function main() { await pause(50); startNewThread(f, []); await start(); } main();`),
    );
    expect(code).toBe(1);
    expect(err).toMatch(/starts a thread/);
    expect(err).toMatch(GUARD);
  });

  it("does not start them from a callback", async () => {
    const { code, err } = await run(program("setTimeout(() => void start().then(console.log), 50);"));
    expect(code).toBe(1);
    expect(err).toMatch(/goes on after a thread has imported it, and starts a thread there/);
  });

  it.each([
    ["a free port", "0"],
    ["a free port of a host's name", '0, "localhost"'],
  ])("serves no second time on %s", async (_, where) => {
    const listens = `await new Promise((resolve) => createServer().listen(${where}, resolve));`;
    const ends = `if (isMainThread) { await start().catch((error) => console.log(error.message)); process.exit(); }`;
    for (const awaits of ["", "await pause(50);"]) {
      const { out } = await run(program(`async function main() { ${awaits} ${listens} ${ends} } main();`));
      expect(out).toMatch(
        awaits === "" ? /listens on a port while a thread is importing it/ : /goes on.* and listens on a port there/,
      );
      expect(out).toMatch(GUARD);
    }
  });
});

describe.concurrent("a preload without a guard", () => {
  it("cannot start threads in the workers that run it, too", async () => {
    const file = join(folder, "preload.mjs");
    writeFileSync(file, `${LIBRARY} new Thread({ target: () => 1 }).start().join();`);
    const { code, err } = await run("", ["--import", file]);
    expect(code).toBe(1);
    expect(err).toMatch(/a preload starts a thread in a worker of a thread/);
    expect(err).toMatch(GUARD);
  });
});

describe.concurrent("a thread's own code", () => {
  it("starts threads after it has awaited what a module began as it was imported", async () => {
    const main = `
      const ready = pause(50);
      const begun = Promise.resolve();
      export async function outer() {
        await begun; const one = await start();
        await ready; const two = await start();
        return one + two + await new Promise((resolve) => ready.then(() => start().then(resolve)));
      }
      expose({ outer });
      if (isMainThread) console.log(new Thread({ target: outer }).start().result(20_000));
    `;
    expect(await run(program(main, "return 1"))).toMatchObject({ code: 0, out: "3\n", err: "" });
  });
});
