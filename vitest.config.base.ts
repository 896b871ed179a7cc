import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const folder = `${process.cwd()}/` === root ? "repo" : basename(process.cwd());
/** Runs of the same tests on several runtimes write into folders of their own. */
const run = process.env["RESULTS"] === undefined ? "" : `${process.env["RESULTS"]}/`;
const stress = process.env["STRESS"] !== undefined;
/** Models simulate threads in one thread, so they prove the same on each runtime. */
const tests = process.env["MODELS"] === "none" ? "test/**/*.test.ts" : "test/**/*.{test,model}.ts";

export default defineConfig({
  test: {
    include: [stress ? "test/**/*.stress.ts" : tests],
    passWithNoTests: stress,
    globalSetup: [`${root}scripts/fresh-build.ts`],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: stress ? 120_000 : 20_000,
    hookTimeout: 20_000,
    // Our own packages run as the files a user would get, not as vitest's transformation of them.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    reporters: ["default", "json"],
    outputFile: { json: `${root}.results/${run}${folder}.json` },
  },
});
