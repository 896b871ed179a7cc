/** The parts of a run on each runtime, in this order. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CAPABILITIES, capabilityLimits, seenBy } from "./capabilities.ts";
import { tail, troubleOf } from "./child.ts";
import { TEST_LIMITS } from "./limits.ts";
import type { Id, Runtime } from "./runtimes.ts";
import type { Site } from "./site.ts";
import { filesOf, runByShim, runByVitest } from "./suites.ts";
import type { Limit, Result } from "./verdicts.ts";

type Found = Omit<Result, "runtime" | "part">;

export interface Part {
  readonly name: string;
  readonly about: string;
  readonly limits: readonly Limit[];
  /** Runtimes without this part by default, with the reason. */
  readonly spared?: Partial<Readonly<Record<Id, string>>>;
  /** True if its tests ask for the whole machine. */
  readonly alone?: true;
  run(runtime: Runtime, site: Site): Promise<Found[]>;
}

const FIRST_MS = 20_000;

/** Needs the whole repository (types, sources and tools), and runs there. */
const WORKSPACE_ONLY =
  /(types|explorer|watchdog|names|arguments\.properties|copies|boot|entries|fake-timers|heap|deno-ports|piscina|packages\/thread\/test\/memories)\.test\.ts$/;

/**
 * More tests for Deno and Bun. The others need flags of Node, Node's output or V8's compiled code,
 * or are too fast for runtimes that take half a second to start a thread. The programs of
 * docs/runtimes.md stand in for them.
 */
const EVERYWHERE =
  /^packages\/(barrier|condition|event|lock|semaphore|shared|timer)\/test\/(?!readme)\w+\.test\.ts$|^packages\/thread\/test\/(thread|local|hooks|common)\.test\.ts$|^packages\/executor\/test\/(additions|deaths|errors|executor|future|map|moves|pool|wait)\.test\.ts$|^packages\/threading\/test\/threading\.test\.ts$/;

async function tests(runtime: Runtime, site: Site, wanted: RegExp, ...except: RegExp[]): Promise<Found[]> {
  const files = filesOf(site, wanted).filter((file) => !except.some((pattern) => pattern.test(file)));
  return runByShim(runtime, site, files);
}

/** Why a part is left out by default; docs/runtimes.md (document.ts) says it as well. */
const WHOLE = "CI runs all tests of the repository there";
const LONG = "they take some four minutes, and CI runs all tests of the repository on Node 20 and Node 24";
const TIMES = "a few of these tests ask for times that are Node's, and fail there now and then";

export const PARTS: readonly Part[] = [
  {
    name: "first",
    about: "README's first program",
    limits: [],
    run: async (runtime, site) => [await firstProgram(runtime, site)],
  },
  {
    name: "capabilities",
    about: "the programs behind docs/runtimes.md",
    limits: capabilityLimits(),
    run: async (runtime, site) => {
      const found: Found[] = [];
      for (const capability of CAPABILITIES) found.push(await seenBy(capability, runtime, site));
      return found;
    },
  },
  {
    name: "conformance",
    about: "the conformance suites of every package",
    limits: TEST_LIMITS,
    run: async (runtime, site) => {
      const found = await tests(runtime, site, CONFORMANCE);
      return runtime.id === "node24" ? [...found, await agreement(found, runtime, site)] : found;
    },
  },
  {
    name: "tests",
    about: "the other tests of the packages; on Deno and Bun, those that are not about Node",
    limits: TEST_LIMITS,
    spared: { node20: WHOLE, node22: LONG, node24: WHOLE, node26: LONG, deno: TIMES, bun: TIMES },
    alone: true,
    run: (runtime, site) => {
      const wanted = runtime.isNode ? /^packages\/\w+\/test\/[\w.-]*\.test\.ts$/ : EVERYWHERE;
      return tests(runtime, site, wanted, CONFORMANCE, WORKSPACE_ONLY);
    },
  },
  {
    name: "examples",
    about: "the tests of the examples",
    limits: TEST_LIMITS,
    alone: true,
    spared: { node20: WHOLE, node24: WHOLE },
    run: (runtime, site) => tests(runtime, site, /^apps\/examples\/test\/[\w.-]*\.test\.ts$/),
  },
  {
    name: "soak",
    about: "ten seconds of random programs in which threads die",
    limits: TEST_LIMITS,
    run: async (runtime, site) => [await soak(runtime, site)],
  },
];

const CONFORMANCE = /^packages\/\w+\/test\/[\w.]*conformance\.test\.ts$/;

/** The shim is trusted: where vitest runs as well, both report the same of the same tests. */
async function agreement(byShim: readonly Found[], runtime: Runtime, site: Site): Promise<Found> {
  const name = "the shim says of the conformance suites what vitest says";
  const byVitest = await runByVitest(runtime, site, filesOf(site, CONFORMANCE));
  const lines = (found: readonly Found[]): string[] => found.map(({ name, state }) => `${state}: ${name}`).sort();
  const [vitest, shim] = [lines(byVitest), lines(byShim)];
  const [only, others] = [vitest.filter((line) => !shim.includes(line)), shim.filter((line) => !vitest.includes(line))];
  if (only.length + others.length === 0) return { name, state: "pass" };
  const details = `only by vitest:\n${only.join("\n")}\nonly by the shim:\n${others.join("\n")}`;
  return { name, state: "fail", sees: `they differ in ${only.length + others.length} tests`, details };
}

async function firstProgram(runtime: Runtime, site: Site): Promise<Found> {
  const name = "README's first program";
  const code = /^## A first program\n[^]*?^```js\n([^]*?)^```$/m.exec(
    readFileSync(join(site.plain, "README.md"), "utf8"),
  );
  if (code === null) throw new Error("test:runtimes: README.md has no first program");
  const file = join(site.folder, "count.mjs");
  writeFileSync(file, code[1]!);
  const ended = await runtime.run({ file }, { cwd: site.folder, limit: FIRST_MS });
  const lines = ended.out.trimEnd().split("\n").sort().join("|");
  const sees = troubleOf(ended) ?? (lines === "200000 200000|one is done|two is done" ? undefined : `prints ${lines}`);
  if (sees === undefined) return { name, state: "pass" };
  return { name, state: "fail", sees, details: tail(ended.err) };
}

const SOAK_SECONDS = 10;

async function soak(runtime: Runtime, site: Site): Promise<Found> {
  const name = "soak";
  const args = ["--seconds", String(SOAK_SECONDS)];
  const file = join(site.plain, "apps/soak/dist/main.js");
  const ended = await runtime.run({ file, args }, { cwd: site.folder, limit: 180_000 });
  const sees = troubleOf(ended);
  if (sees === undefined) return { name, state: "pass" };
  return { name, state: "fail", sees, details: tail(`${ended.out}\n${ended.err}`, 60) };
}
