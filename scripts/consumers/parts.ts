/** The parts of the run, in this order. */
import type { Part } from "./checks.ts";
import { installChecks } from "./installs.ts";
import { readmeChecks } from "./readmes.ts";
import { jestChecks, otherRunnerChecks, vitestChecks } from "./runners.ts";
import { typeChecks } from "./types.ts";
import { typescriptChecks } from "./typescript.ts";

export const PARTS: readonly Part[] = [
  {
    name: "types",
    about: "what compiles, what does not, and what is blamed for it, from TypeScript 5.0 to 7",
    limits: [],
    checks: typeChecks,
  },
  {
    name: "typescript",
    about: "programs in TypeScript, run by tsx, ts-node, and Node itself",
    limits: [
      {
        ...{ on: ["tsx, node20", "node --import tsx, node20"], name: /^main\.cts$/, sees: "exit code 1" },
        why: "Node 20 cannot require a package of several modules from a .cts file while any hooks are there; .mts and .ts work",
      },
      {
        ...{ on: ["Node itself, node22"], name: /^main\.ts, CommonJS$/, sees: "exit code 1" },
        why: "Node 22 cannot import a .ts file that requires a package of several modules; .cts and modules work",
      },
    ],
    checks: typescriptChecks,
  },
  { name: "jest", about: "tests under Jest: CommonJS, modules, ts-jest, jsdom", limits: [], checks: jestChecks },
  { name: "vitest", about: "tests under Vitest, in each of its pools", limits: [], checks: vitestChecks },
  { name: "runners", about: "tests under node --test and Mocha", limits: [], checks: otherRunnerChecks },
  {
    name: "installs",
    about: "npm link, pnpm, modules beside CommonJS, two versions in one process",
    limits: [],
    checks: installChecks,
  },
  {
    name: "readmes",
    about: "the first example of every README, pasted into a file, on every runtime",
    limits: [],
    checks: readmeChecks,
  },
];
