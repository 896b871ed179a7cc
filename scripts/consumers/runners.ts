/** Test runners, each with its own way of loading modules. */
import { readFileSync } from "node:fs";
import type { Id } from "../runtimes/runtimes.ts";
import type { Check, Environment } from "./checks.ts";
import { type Files, inCommonJS, LIMIT_MS, newProject, passed } from "./project.ts";
import type { Tool } from "./tools.ts";

const text = (name: string): string => readFileSync(new URL(`./projects/runners/${name}`, import.meta.url), "utf8");
const CASES = text("cases.mjs");
const WORK = text("work.mjs");

/** The number of cases. */
const COUNT = [...CASES.matchAll(/^ {2}"/gm)].length;

const all = (test: string): string => `for (const [name, body] of Object.entries(cases)) ${test}(name, body);\n`;

/** How a runner finds tests. */
interface Runner {
  readonly title: string;
  readonly tool?: Tool;
  readonly on: readonly Id[];
  readonly files: Files;
  readonly args: (bin: (name: string) => string) => readonly string[];
  /** The end of its output. */
  readonly summary: RegExp;
}

const BLOCKING = `const lock = new Lock();
  lock.acquire();
  assert.equal(lock.acquire(20), false);
  assert.equal(new Thread({ target: (x) => x + 1, args: [1] }).start().result(20_000), 2);`;

/** Fake time stands still for awaited waits, and goes on for blocked waits. */
const fake = (use: string, advance: string, restore: string): string => `
  ${use};
  try {
    ${BLOCKING}
    const late = lock.acquireAsync(60_000);
    await ${advance};
    assert.equal(await late, false);
  } finally {
    ${restore};
  }`;

// ---------------------------------------------------------------- jest

const JEST_FAKE = fake("jest.useFakeTimers()", "jest.advanceTimersByTimeAsync(60_000)", "jest.useRealTimers()");

/** A function inside the test file cannot be exposed: outside its runner the file cannot be loaded. */
const OWN = `
  function own() {
    return 1;
  }
  expose(HERE, { own });`;
const OWN_BODY = `
  setExceptHook(() => undefined);
  const thread = new Thread({ target: own }).start();
  assert.throws(() => thread.result(20_000), /a test file .* move what is exposed to a module of its own/);`;

const JEST_CJS: Files = {
  "package.json": "{}",
  "cases.cjs": inCommonJS(CASES),
  "work.cjs": inCommonJS(WORK),
  "first.test.cjs": `const { cases } = require("./cases.cjs");\n${all("test")}`,
  "second.test.cjs": `const { cases } = require("./cases.cjs");\n${all("test")}`,
  "reset.test.cjs": `
    const assert = require("node:assert/strict");
    test("modules that are loaded again know what they are", () => {
      const first = require("@x/thread");
      jest.resetModules();
      const second = require("@x/thread");
      assert.deepEqual([first.isMainThread, second.isMainThread], [true, true]);
      assert.equal(new second.Thread({ target: () => 5 }).start().result(20_000), 5);
      assert.ok(new first.Thread() instanceof second.Thread);
    });`,
  "fake.test.cjs": `
    const assert = require("node:assert/strict");
    const { Lock, Thread } = require("@x/threading");
    test("fake timers", async () => {${JEST_FAKE}\n});`,
  "own.test.cjs": `
    const assert = require("node:assert/strict");
    const { expose, setExceptHook, Thread } = require("@x/threading");
    ${OWN.replace("HERE", "__filename")}
    test("an exposed function in the test file", () => {${OWN_BODY}\n});`,
};

const JEST_ESM: Files = {
  "package.json": `{ "type": "module" }`,
  "cases.mjs": CASES,
  "work.mjs": WORK,
  "first.test.mjs": `import { cases } from "./cases.mjs";\n${all("test")}`,
  "second.test.mjs": `import { cases } from "./cases.mjs";\n${all("test")}`,
  "fake.test.mjs": `
    import assert from "node:assert/strict";
    import { jest } from "@jest/globals";
    import { Lock, Thread } from "@x/threading";
    test("fake timers", async () => {${JEST_FAKE}\n});`,
};

/** The tests are TypeScript. Threads run a module that Node itself can read. */
const TS_JEST: Files = {
  "package.json": "{}",
  "work.cjs": inCommonJS(WORK),
  "work.d.cts": `export declare function parallelSum(threads: number, times: number): number;`,
  "sum.test.ts": `
    import { expect, test } from "@jest/globals";
    import { Lock, Thread } from "@x/threading";
    import { parallelSum } from "./work.cjs";
    test("threads call what a module beside the test has exposed", () => expect(parallelSum(3, 1000)).toBe(3000));
    test("a function in the test itself runs from its text", () => {
      const twice = new Thread({ target: (x: number) => x * 2, args: [4] }).start().result();
      expect(twice).toBe(8);
    });
    test("locks", () => {
      const lock: Lock = new Lock();
      expect(lock.with(() => 5)).toBe(5);
    });`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: { target: "es2022", module: "node16", moduleResolution: "node16", strict: true, types: [] },
  }),
};

function jest(
  title: string,
  on: readonly Id[],
  files: Files,
  config: object,
  count: number,
  flags: string[] = [],
): Runner {
  const whole = { testMatch: ["<rootDir>/*.test.*"], cacheDirectory: "<rootDir>/cache", ...config };
  return {
    ...{ title: `jest, ${title}`, tool: "jest", on },
    files: { ...files, "jest.config.json": JSON.stringify(whole) },
    args: (bin) => [...flags, bin("jest/bin/jest.js"), "--runInBand", "--config", "jest.config.json"],
    summary: new RegExp(`^Tests: +${count} passed, ${count} total`, "m"),
  };
}

const NODES: readonly Id[] = ["node20", "node24"];
const CJS_COUNT = 2 * COUNT + 3;

const JEST: readonly Runner[] = [
  jest("CommonJS", NODES, JEST_CJS, { transform: {} }, CJS_COUNT),
  jest("CommonJS, jsdom", NODES, JEST_CJS, { transform: {}, testEnvironment: "jsdom" }, CJS_COUNT),
  jest("modules", NODES, JEST_ESM, { transform: {} }, 2 * COUNT + 1, ["--no-warnings", "--experimental-vm-modules"]),
  jest("ts-jest", NODES, TS_JEST, { transform: { "\\.ts$": "ts-jest" } }, 3),
];

// ---------------------------------------------------------------- vitest

const VITEST: Files = {
  "package.json": `{ "type": "module" }`,
  "cases.mjs": CASES,
  "work.mjs": WORK,
  "first.test.mjs": `import { test } from "vitest";\nimport { cases } from "./cases.mjs";\n${all("test")}`,
  "second.test.mjs": `import { test } from "vitest";\nimport { cases } from "./cases.mjs";\n${all("test")}`,
  "fake.test.mjs": `
    import assert from "node:assert/strict";
    import { test, vi } from "vitest";
    import { Lock, Thread } from "@x/threading";
    test("fake timers", async () => {${fake("vi.useFakeTimers()", "vi.advanceTimersByTimeAsync(60_000)", "vi.useRealTimers()")}\n});`,
  "own.test.mjs": `
    import assert from "node:assert/strict";
    import { test } from "vitest";
    import { expose, setExceptHook, Thread } from "@x/threading";
    ${OWN.replace("HERE", "import.meta")}
    test("an exposed function in the test file", () => {${OWN_BODY}\n});`,
  "vitest.config.mjs": `export default { test: { testTimeout: 30_000, maxWorkers: 1 } };`,
};

/** TypeScript in threads: Node 20 needs tsx, later versions do not. */
const VITEST_TS: Files = {
  "package.json": `{ "type": "module" }`,
  "work.ts": `
    import { expose, Thread } from "@x/threading";
    export function square(x: number): number {
      return x * x;
    }
    expose({ square });
    export const squared = (x: number): number => new Thread({ target: square, args: [x] }).start().result(20_000);`,
  "work.test.ts": `
    import { expect, test } from "vitest";
    import { squared } from "./work.ts";
    test("threads import TypeScript", () => expect(squared(7)).toBe(49));`,
  "vitest.config.mjs": `export default { test: { testTimeout: 30_000, maxWorkers: 1 } };`,
};

function vitest(pool: string, kind: "JavaScript" | "TypeScript"): Runner {
  const count = kind === "JavaScript" ? 2 * COUNT + 2 : 1;
  return {
    ...{ title: `vitest, ${pool}, ${kind}`, tool: "vitest", on: NODES },
    files: kind === "JavaScript" ? VITEST : VITEST_TS,
    args: (bin) => [bin("vitest/vitest.mjs"), "run", `--pool=${pool}`],
    summary: new RegExp(`Tests +${count} passed \\(${count}\\)`),
  };
}

// ---------------------------------------------------------------- node --test, mocha

const MODULES: Files = { "package.json": `{ "type": "module" }`, "cases.mjs": CASES, "work.mjs": WORK };

const SINON_FAKE = fake("const clock = FakeTimers.useFakeTimers()", "clock.tickAsync(60_000)", "clock.restore()");

const OTHERS: readonly Runner[] = [
  {
    ...{ title: "node --test", on: ["node20", "node24", "node26"] },
    files: {
      ...MODULES,
      "first.test.mjs": `import { test } from "node:test";\nimport { cases } from "./cases.mjs";\n${all("test")}`,
      "second.test.mjs": `import { test } from "node:test";\nimport { cases } from "./cases.mjs";\n${all("test")}`,
    },
    args: () => ["--test", "--test-reporter=tap", "first.test.mjs", "second.test.mjs"],
    summary: new RegExp(`^# pass ${2 * COUNT}$`, "m"),
  },
  {
    ...{ title: "mocha, modules", tool: "mocha", on: NODES },
    files: {
      ...MODULES,
      "first.test.mjs": `import { cases } from "./cases.mjs";\n${all("it")}`,
      "fake.test.mjs": `
        import assert from "node:assert/strict";
        import FakeTimers from "sinon";
        import { Lock, Thread } from "@x/threading";
        it("fake timers", async () => {${SINON_FAKE}\n});`,
    },
    args: (bin) => [bin("mocha/bin/mocha.js"), "--timeout", "30000", "*.test.mjs"],
    summary: new RegExp(`^ +${COUNT + 1} passing`, "m"),
  },
  {
    ...{ title: "mocha, CommonJS", tool: "mocha", on: NODES },
    files: {
      "package.json": "{}",
      "cases.cjs": inCommonJS(CASES),
      "work.cjs": inCommonJS(WORK),
      "first.test.cjs": `const { cases } = require("./cases.cjs");\n${all("it")}`,
    },
    args: (bin) => [bin("mocha/bin/mocha.js"), "--timeout", "30000", "*.test.cjs"],
    summary: new RegExp(`^ +${COUNT} passing`, "m"),
  },
];

// ---------------------------------------------------------------- checks

export function jestChecks(environment: Environment): Check[] {
  return checksOf(JEST, environment);
}

export function vitestChecks(environment: Environment): Check[] {
  const pools = ["threads", "forks", "vmThreads"];
  return checksOf([...pools.map((pool) => vitest(pool, "JavaScript")), vitest("forks", "TypeScript")], environment);
}

export function otherRunnerChecks(environment: Environment): Check[] {
  return checksOf(OTHERS, environment);
}

function checksOf(runners: readonly Runner[], environment: Environment): Check[] {
  return runners.flatMap(({ title, tool, on, files, args, summary }) =>
    on.map((id): Check => ({
      on: title,
      name: id,
      needs: tool === undefined ? [id] : [tool, id],
      async run() {
        const folder = newProject(environment, { ...(tool !== undefined && { tool }), files });
        const [file, ...rest] = args(tool === undefined ? () => "" : environment.tool(tool).bin) as [
          string,
          ...string[],
        ];
        const ended = await environment.runtime(id).run({ file, args: rest }, { cwd: folder, limit: LIMIT_MS });
        return passed(ended, summary);
      },
    })),
  );
}
