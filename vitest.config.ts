import { defineConfig } from "vitest/config";
import base from "./vitest.config.base.ts";

// The tests of the repository itself, in test/. They run other tools, which takes longer.
export default defineConfig({
  test: { ...base.test, include: ["test/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000 },
});
