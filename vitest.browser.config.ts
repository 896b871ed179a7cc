import { defineConfig } from "vitest/config";

/** Needs a Chromium, so it is a command of its own: CHROMIUM=/usr/bin/chromium npm run test:browser */
export default defineConfig({
  test: { include: ["test/browser/*.test.ts"], globalSetup: ["scripts/fresh-build.ts"], testTimeout: 30_000 },
});
