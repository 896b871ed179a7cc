import { defineConfig } from "vitest/config";

// Run by watchdog.test.ts.
export default defineConfig({ test: { include: ["blocked.mjs"], pool: "forks" } });
