/**
 * vitest's API for runtimes where vitest itself does not run: its own runner, matchers and spies,
 * without its processes, transformations and watchers. A run on Node checks that both report the
 * same of the same tests.
 */
import { ASYMMETRIC_MATCHERS_OBJECT, chai, getState, GLOBAL_EXPECT, setState } from "@vitest/expect";
import {
  ChaiStyleAssertions,
  customMatchers,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
} from "@vitest/expect";
import { getCurrentTest } from "@vitest/runner";
import { fn, restoreAllMocks, spyOn } from "@vitest/spy";

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, onTestFailed, onTestFinished } from "@vitest/runner";
export { test } from "@vitest/runner";

for (const plugin of [JestExtend, JestChaiExpect, ChaiStyleAssertions, JestAsymmetricMatchers]) chai.use(plugin);

// Differences are printed in full.
chai.config.truncateThreshold = 0;

type Expect = (value: unknown, message?: string) => { withTest(test: unknown): unknown };

const bare = chai.expect as unknown as Expect;

export const expect = ((value: unknown, message?: string) => {
  setState({ assertionCalls: getState(expect as never).assertionCalls + 1 }, expect as never);
  const assertion = bare(value, message);
  const test = getCurrentTest();
  return test === undefined ? assertion : assertion.withTest(test);
}) as Expect;

Object.assign(expect, chai.expect, (globalThis as never)[ASYMMETRIC_MATCHERS_OBJECT]);
(globalThis as Record<symbol, unknown>)[GLOBAL_EXPECT as never] = expect;
(chai.expect as unknown as { extend(expect: Expect, matchers: object): void }).extend(expect, customMatchers);
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect as never);

/** The globals that a test has replaced, as they were. */
const stubbed = new Map<string, PropertyDescriptor | undefined>();

export const vi = {
  fn,
  spyOn,
  restoreAllMocks,
  mocked: <T>(it: T): T => it,
  stubGlobal: (name: string, value: unknown): void => {
    if (!stubbed.has(name)) stubbed.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  },
  unstubAllGlobals: (): void => {
    for (const [name, was] of stubbed) {
      if (was === undefined) delete (globalThis as Record<string, unknown>)[name];
      else Object.defineProperty(globalThis, name, was);
    }
    stubbed.clear();
  },
  setConfig: ({ testTimeout }: { testTimeout?: number }): void => {
    if (testTimeout !== undefined) config.testTimeout = testTimeout;
  },
};

/** Types are checked elsewhere. */
export function expectTypeOf(): unknown {
  return ANYTHING;
}

const ANYTHING: unknown = new Proxy(() => undefined, { get: () => ANYTHING, apply: () => ANYTHING });

/** The runner's options; `vi.setConfig` may change them. */
export const config = {
  root: "",
  setupFiles: [] as string[],
  name: undefined,
  passWithNoTests: false,
  testNamePattern: undefined as RegExp | undefined,
  allowOnly: true,
  sequence: { seed: 1, hooks: "stack" as const, setupFiles: "parallel" as const },
  chaiConfig: undefined,
  maxConcurrency: 5,
  testTimeout: 20_000,
  hookTimeout: 20_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: true,
};
