import { defineConfig } from "vitest/config";
import base from "../../vitest.config.base.ts";

/** Needs Chromium and Firefox, so it is a command of its own: npm run test:page. */
export default defineConfig({ test: { ...base.test, testTimeout: 120_000, hookTimeout: 120_000 } });
