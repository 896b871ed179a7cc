import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const eslint = new ESLint({ cwd: root });

// Typed rules need a file in a tsconfig, so the paths are real, with other texts.
const SOURCE = "packages/lock/src/index.ts";
const THREAD = "packages/thread/src/supervisor/supervisor.ts";
const WAIT = "packages/core/src/wait/block.ts";
const PLATFORM = "packages/core/src/platform/index.ts";
const THREAD_PLATFORM = "packages/thread/src/platform/node.ts";
const TEST = "packages/lock/test/lock.test.ts";
const TESTKIT = "packages/testkit/src/index.ts";

/** The names of the rules broken by `code` at `filePath`. */
async function broken(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: root + filePath });
  return [...new Set(result?.messages.map(({ ruleId, message }) => ruleId ?? message))];
}

const words = "declare const words: Int32Array; export const x: unknown = ";

describe("one place sleeps", () => {
  it.each([
    ["wait", "Atomics.wait(words, 0, 0);"],
    ["waitAsync", "Atomics.waitAsync(words, 0, 0);"],
    ["notify", "Atomics.notify(words, 0);"],
    ["a name in brackets", 'Atomics["notify"](words, 0);'],
  ])("Atomics.%s", async (_, call) => {
    expect(await broken(SOURCE, words + call)).toEqual(["no-restricted-properties"]);
    expect(await broken(THREAD, words + call)).toEqual(["no-restricted-properties"]);
    expect(await broken(PLATFORM, words + call)).toEqual(["no-restricted-properties"]);
    expect(await broken(THREAD_PLATFORM, words + call)).toEqual(["no-restricted-properties"]);
    expect(await broken(WAIT, words + call)).toEqual([]);
    expect(await broken(TEST, words + call)).toEqual([]);
  });

  it("also when Atomics is destructured", async () => {
    expect(await broken(SOURCE, "const { notify } = Atomics; export const x: unknown = notify;")).toContain(
      "no-restricted-properties",
    );
  });

  it("also through globalThis", async () => {
    expect(await broken(SOURCE, `${words}globalThis.Atomics.notify(words, 0);`)).toEqual(["no-restricted-syntax"]);
  });

  it("allows the other operations everywhere", async () => {
    expect(await broken(SOURCE, `${words}Atomics.add(words, 0, 1);`)).toEqual([]);
  });
});

describe("only the rows of a platform know it", () => {
  it.each([
    ["process", "export const x: unknown = process.pid;", "no-restricted-globals"],
    ["typeof process", "export const x: unknown = typeof process;", "no-restricted-globals"],
    ["globalThis.process", "export const x: unknown = globalThis.process;", "no-restricted-properties"],
    ["a cast", "export const x: unknown = (globalThis as { process?: unknown }).process;", "no-restricted-syntax"],
    ["navigator", "export const x: unknown = navigator.userAgent;", "no-restricted-globals"],
    ["document", "export const x: unknown = document.title;", "no-restricted-globals"],
    ["window", "export const x: unknown = window.name;", "no-restricted-globals"],
    ["self", "export const x: unknown = self;", "no-restricted-globals"],
    ["Worker", 'export const x: unknown = new Worker("x.js");', "no-restricted-globals"],
    ["setTimeout", "setTimeout(() => {}, 1);", "no-restricted-globals"],
    ["node: imports", 'export { cpus } from "node:os";', "no-restricted-imports"],
    ["builtins without node:", 'export { cpus } from "os";', "no-restricted-imports"],
    ["node: imports at run time", 'export const x: unknown = import("node:os");', "no-restricted-syntax"],
  ])("%s", async (_, code, rule) => {
    expect(await broken(SOURCE, code)).toEqual([rule]);
    expect(await broken(THREAD, code)).toEqual([rule]);
    expect(await broken(WAIT, code)).toEqual([rule]);
    expect(await broken(PLATFORM, code)).toEqual([]);
    expect(await broken(THREAD_PLATFORM, code)).toEqual([]);
    expect(await broken(TEST, code)).toEqual([]);
    expect(await broken(TESTKIT, code)).toEqual([]);
  });

  it("require", async () => {
    expect(await broken(SOURCE, 'export const x: unknown = require("node:os");')).toContain("no-restricted-globals");
  });

  it("allows performance, because it is the same everywhere", async () => {
    expect(await broken(SOURCE, "export const x: unknown = performance.now();")).toEqual([]);
  });
});

describe("exports and imports", () => {
  it.each([
    ["export default", "export default 1;"],
    ["as default", "const x = 1; export { x as default };"],
  ])("%s", async (_, code) => {
    for (const file of [SOURCE, WAIT, PLATFORM, THREAD_PLATFORM])
      expect(await broken(file, code)).toEqual(["no-restricted-syntax"]);
  });

  it("deep imports", async () => {
    const code = 'export { Word } from "@x/core/src/memory/words.ts";';
    for (const file of [SOURCE, TEST, TESTKIT]) expect(await broken(file, code)).toContain("no-restricted-imports");
  });

  it.each(["Event", "Lock"])("the DOM's %s is not ours", async (name) => {
    expect(await broken(SOURCE, `export const x: unknown = ${name};`)).toEqual(["no-restricted-globals"]);
    expect(await broken(SOURCE, `class ${name} {} export const x: unknown = ${name};`)).toEqual([]);
  });
});

describe("promises", () => {
  const work = "async function work(): Promise<boolean> { return true; } ";

  it("must not float", async () => {
    expect(await broken(SOURCE, `${work} work();`)).toEqual(["@typescript-eslint/no-floating-promises"]);
    expect(await broken(SOURCE, `${work} void work();`)).toEqual([]);
  });

  it("must not be conditions", async () => {
    expect(await broken(SOURCE, `${work} if (work()) throw new Error();`)).toEqual([
      "@typescript-eslint/no-misused-promises",
    ]);
  });
});
