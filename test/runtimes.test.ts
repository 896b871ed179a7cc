import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CAPABILITIES } from "../scripts/runtimes/capabilities.ts";
import { runChild, troubleOf } from "../scripts/runtimes/child.ts";
import { expectedPage, PAGE } from "../scripts/runtimes/document.ts";
import { isBad, judge, type Limit, type Result } from "../scripts/runtimes/verdicts.ts";
import { readPackages, ROOT } from "./packages.ts";

describe("docs/runtimes.md", () => {
  it("has the expected text in every cell", async () => {
    expect(readFileSync(PAGE, "utf8")).toBe(await expectedPage());
  });

  it("has a row with its own title for every program", () => {
    const probes = readdirSync(new URL("../scripts/runtimes/probes/", import.meta.url));
    const used = CAPABILITIES.map(({ program }) => program);
    expect(probes.filter((file) => !used.includes(file))).toEqual(["probe.mjs", "web-worker.worker.mjs"]);
    const titles = CAPABILITIES.map(({ title }) => title);
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });
});

describe("the packages", () => {
  it.each([ROOT, ...readPackages().map(({ folder }) => join(ROOT, folder))])("say the same of Node: %s", (folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { engines: unknown };
    // Node 22.0 to 22.11 has neither process.getBuiltinModule nor, for CommonJS, one copy of each package.
    expect(manifest.engines).toEqual({ node: "^20.19 || >=22.12" });
  });
});

describe("a check on a runtime", () => {
  const limit: Limit = { on: ["deno"], name: /^terminate/, sees: "goes on", why: "it cannot be ended" };
  const result = (change: Partial<Result>): Result => ({
    ...{ runtime: "deno", part: "capabilities", name: "terminate", state: "fail", sees: "goes on" },
    ...change,
  });

  it.each([
    ["passes", result({ runtime: "bun", state: "pass" }), limit, "ok"],
    ["fails where nothing of it is said", result({ runtime: "bun" }), limit, "unexpected"],
    ["fails as it is said", result({}), limit, "expected"],
    ["fails otherwise than it is said", result({ sees: "hangs" }), limit, "unexpected"],
    ["passes though it is said not to", result({ state: "pass" }), limit, "stale"],
    ["passes where it is said to depend", result({ state: "pass" }), { ...limit, sometimes: true as const }, "ok"],
    ["was skipped", result({ state: "skip" }), limit, "skipped"],
  ])("that %s", (_, result, limit, verdict) => {
    const judged = judge(result, [limit]);
    expect(judged.verdict).toBe(verdict);
    expect(isBad(judged)).toBe(verdict === "unexpected" || verdict === "stale");
  });
});

describe("a program that does not end", () => {
  it("is reported as a hang, with its output, and its children end with it", async () => {
    const code = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      console.log(child.pid);
      setInterval(() => {}, 1000);`;
    const ended = await runChild({ file: process.execPath, args: ["-e", code], cwd: tmpdir(), limit: 2000 });
    expect(ended.hung).toBe(true);
    expect(troubleOf(ended)).toMatch(/^HANG after \d+ s$/);
    const pid = Number(ended.out.trim());
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});

/** A process has ended even if its parent has not waited for it. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
