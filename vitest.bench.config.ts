import { defineConfig } from "vitest/config";

/** Side by side in one run: read the ratios, never the absolute numbers. Wants a quiet machine. */
export default defineConfig({
  test: {
    benchmark: { include: ["packages/*/test/**/*.bench.ts"] },
    globalSetup: ["scripts/fresh-build.ts"],
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
});
