/** A thread imports a module of main by the same loader, or throws an error that names the cure. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { LONG, thrownBy, watchdog } from "@x/testkit";
import { expose, Thread, ThreadError } from "@x/thread";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quiet } from "./helpers.js";
import { node } from "./run.js";

watchdog();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file with this text, and calls its export `f` in a thread. Returns the error. */
function called(file: string, text: string): unknown {
  const path = join(folder, file);
  writeFileSync(path, text);
  const f = (): void => undefined;
  expose(pathToFileURL(path), { f });
  quiet();
  return thrownBy(() => new Thread({ target: f, name: "t" }).start().result(LONG));
}

describe("a module that main loads by a hook of require", () => {
  const inModules = (name: string): string => fileURLToPath(new URL(`modules/${name}`, import.meta.url));

  it("is loaded by the hook in threads as well", async () => {
    const ended = await node([inModules("toy/program.toy")], { flags: ["-r", inModules("toy/hook.cjs")] });
    expect(ended).toMatchObject({ code: 0, out: "27\n", err: "" });
  });
});

describe("a file with tests of node:test and the functions that they call in threads", () => {
  const text = (guard: string): string => `
    import assert from "node:assert/strict";
    import { test } from "node:test";
    import { expose, isMainThread, setExceptHook, Thread } from "${import.meta.resolve("@x/thread")}";
    export function twice(x) { return 2 * x; }
    expose({ twice });
    setExceptHook(() => undefined);
    ${guard} for (const x of [4, 5]) test("twice " + x, () => {
      console.log("runs " + x);
      assert.equal(new Thread({ target: twice, args: [x] }).start().result(20_000), 2 * x);
    });`;

  async function tested(file: string, guard: string): Promise<string> {
    writeFileSync(join(folder, file), text(guard));
    return (await node([join(folder, file)], { flags: ["--test", "--test-reporter=tap"] })).out;
  }

  it("is refused with the cure, and only main reports its tests", async () => {
    const out = await tested("unguarded.mjs", "");
    expect(out).toMatch(/^# tests 2$/m);
    expect(out).toMatch(/^# fail 2$/m);
    expect(out.match(/it defines tests, .* put them behind "if \(isMainThread\)", or move/g)).toHaveLength(2);
  });

  it("works if only main defines the tests", async () => {
    const out = await tested("guarded.mjs", "if (isMainThread)");
    expect(out.match(/^# runs \d$/gm)).toEqual(["# runs 4", "# runs 5"]);
    expect(out).toMatch(/^# pass 2$/m);
  });
});

describe("the error of a failed import", () => {
  const RUNNER =
    /; a test file cannot be imported without its test runner: move what is exposed to a module of its own$/;

  it.each(["describe", "test", "it", "beforeEach", "vi", "jest"])(
    "names the cure for a test file that needs %s",
    (name) => {
      const error = called(`needs-${name}.mjs`, `${name}("something", () => undefined);`);
      expect(error).toBeInstanceOf(ThreadError);
      expect((error as Error).message).toMatch(RUNNER);
    },
  );

  it("names the cure for a file named like a test", () => {
    expect((called("some.test.mjs", `throw new Error("no runner");`) as Error).message).toMatch(RUNNER);
  });

  it("names the cure for a file that asks Vitest for its state", () => {
    expect(
      (called("asks-vitest.mjs", `throw new Error("Vitest failed to access its internal state.");`) as Error).message,
    ).toMatch(RUNNER);
  });

  it.each(['import "node:fs";', "export const x = 5;"])(
    "names the cure for an ES module that is taken for CommonJS: %s",
    (text) => {
      expect((called("taken-for-common.cjs", text) as Error).message).toMatch(
        /; Node takes the file for CommonJS: write "type": "module" in its package\.json, or name it \.mjs or \.mts$/,
      );
    },
  );

  it("names the cure for a file that Node cannot read", () => {
    expect((called("some.vue", `<template></template>`) as Error).message).toMatch(
      /could not import .*some\.vue: Unknown file extension ".vue".*; threads import modules as the runtime itself does: move what is exposed to a module that it can read, or build it$/,
    );
  });

  it("names the cure for TypeScript without a loader", () => {
    const error = called("typed.ts", `export const x: number = 5;`) as Error;
    const reads = (process.features as { typescript?: unknown }).typescript;
    expect(error.message).toMatch(
      reads ? /was imported, but exposed no f/ : /: run the program by tsx, or with Node 22\.18 or later$/,
    );
  });

  it("names no cure for other errors", () => {
    expect((called("other.mjs", `throw new Error("something else");`) as Error).message).toMatch(
      /^thread: t could not import .*other\.mjs: something else$/,
    );
  });
});
