import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the watchdog names a test that blocks for ever, and ends the run as failed", () => {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const cwd = fileURLToPath(new URL("./stuck/", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, "run"], {
    cwd,
    encoding: "utf8",
    timeout: 15_000,
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(stdout + stderr).toContain(
    "watchdog: stuck for 300 ms, the process ends: blocked.mjs > some tests > one that blocks for ever",
  );
  expect(status).toBe(1);
});
