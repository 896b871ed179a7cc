import { defineConfig } from "vitest/config";
import base from "./vitest.config.base.ts";

/** The files of tests, the cheapest first. */
const suites = JSON.parse(process.env["MUTATION_SUITES"] ?? "[]") as string[];

const place = (file: string): number => suites.findIndex((suite) => file.endsWith(suite));

/** How `npm run mutation` runs tests over a changed build: all in one process, in the order of their cost, up to the first that fails. */
export default defineConfig({
  test: {
    ...base.test,
    include: suites,
    globalSetup: [],
    bail: 1,
    isolate: false,
    maxWorkers: 1,
    testTimeout: 10_000,
    // These change the built text in a place of their own, and would not find it.
    testNamePattern: /^(?!.*the explorer catches)/,
    sequence: {
      sequencer: class {
        shard = <T>(files: T): T => files;
        sort = <T extends { moduleId: string }[]>(files: T): T =>
          files.sort((a, b) => place(a.moduleId) - place(b.moduleId));
      },
    },
  },
});
