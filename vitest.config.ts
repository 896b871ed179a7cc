import { defineConfig } from "vitest/config";
import base from "./vitest.config.base.ts";

// The tests of the repository itself, in test/: they build nothing and run tools, which takes longer.
export default defineConfig({ test: { ...base.test, globalSetup: [], testTimeout: 60_000 } });
