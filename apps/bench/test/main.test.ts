import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Report } from "../src/report/report.js";
import { type Runtime, runtimeAt } from "../src/runtime.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const QUICK = ["--rounds", "2", "--ms", "1"];

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
}

describe("npm run bench --", () => {
  it("--help lists every option", () => {
    const { stdout } = bench("--help");
    for (const option of [
      "--list",
      "--json",
      "--html",
      "--markdown",
      "--gate",
      "--node",
      "--beside",
      "--runtimes",
      "--rounds",
      "--ms",
    ])
      expect(stdout).toContain(option);
  });

  it("--list takes names, and parts of names", () => {
    const named = (...args: string[]): string[] => bench("--list", ...args).stdout.match(/^\S+/gm) ?? [];
    expect(named("lock-with")).toEqual(["lock-with"]);
    expect(named("pingpong", "lock-with")).toEqual([
      "condition-pingpong-one-core",
      "lock-with",
      "semaphore-pingpong",
      "semaphore-pingpong-one-core",
    ]);
    expect(named("lock")).not.toContain("rlock");
  });

  it("refuses an unknown row, and says how to list them", () => {
    expect(bench("locks")).toMatchObject({ status: 1, stderr: expect.stringContaining("--list") as string });
  });

  it("prints a table with ratios, and the progress on stderr", () => {
    const { stdout, stderr, status } = bench("event-is-set", ...QUICK);
    expect(stdout).toMatch(/ours.*\n.*raw Atomics.*\d \(/);
    expect(stderr).toContain("event-is-set: round 2 of 2");
    expect(status).toBe(0);
  });

  it("--json prints every sample, and nothing else on stdout", () => {
    const report = JSON.parse(bench("event-is-set", "--json", ...QUICK).stdout) as Report;
    expect(report.rows[0]?.result.points[0]?.entries[0]).toMatchObject({ contestant: "ours", samples: [{}, {}] });
    expect(report.machine["Node"]).toContain(process.version);
  });

  it("--gate checks the goals", () => {
    const { stdout, status } = bench("condition-exact", "--gate", "--ms", "1");
    expect(stdout).toMatch(/condition-exact.*≤ 0.*met/);
    expect(status).toBe(0);
  });

  it("--markdown and --html write readable pages", () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const [markdown, page] = [join(folder, "performance.md"), join(folder, "page.html")];
      bench("event-is-set", "event", "--points", "2", "--markdown", markdown, "--html", page, ...QUICK);
      expect(readFileSync(markdown, "utf8")).toMatch(
        /^# Performance\n\n`npm run bench -- event-is-set event --rounds 2 --ms 1 --points 2` wrote this page[^]*### `event-is-set`[^]*\| \*\*ours\*\*/,
      );
      expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>[^]*<svg[^]*<\/html>\n$/);
      expect(readFileSync(page, "utf8")).not.toMatch(/<script|src=|NaN/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("--node measures with another Node, and --beside prints a --json run beside it", { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const [node, run, page] = [join(folder, "node"), join(folder, "run.json"), join(folder, "performance.md")];
      // The same Node under another path, so the output shows which of the two ran.
      symlinkSync(process.execPath, node);
      const printed = bench("event-is-set", "event", "--points", "2", "--json", ...QUICK).stdout;
      writeFileSync(run, printed.replaceAll(process.version, "v7.0.0"));
      const { status } = bench("event-is-set", "--node", node, "--beside", run, "--markdown", page, ...QUICK);
      expect(status).toBe(0);
      const text = readFileSync(page, "utf8");
      const [, major] = /^v(\d+)/.exec(process.version)!;
      expect(text).toMatch(new RegExp(`\\| Node ${major} +\\| × CPython +\\| × C +\\| Node 7 +\\| × CPython +\\| × C`));
      expect(text).toMatch(/\[`event-is-set`\]\(#event-is-set\) +\| +\| ns +(\| [\d.,]+ +\| [\d.,]+ +\| +){2}\|/);
      expect(text).toContain("a run with Node v7.0.0");
      expect(bench("event-is-set", "--node", join(folder, "none"), ...QUICK).status).toBe(1);
      expect(bench("event-is-set", "--beside", page, ...QUICK).status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("--runtimes measures with several binaries, and writes a page with a column for each", { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const [node, page] = [join(folder, "node"), join(folder, "runtimes.md")];
      symlinkSync(process.execPath, node);
      const { status } = bench("event-is-set", "--runtimes", process.execPath, node, "--markdown", page, ...QUICK);
      expect(status).toBe(0);
      const text = readFileSync(page, "utf8");
      const [, major] = /^v(\d+)/.exec(process.version)!;
      expect(text).toMatch(new RegExp(`\\| Node ${major} +\\| Node ${major} +\\| × +\\|`));
      expect(text).toMatch(
        /\| `event-is-set` +\| +\| ns +\| ours +\| [\d.,]+ +\| [\d.,]+ +\| [\d.,]+ +\|\n\| +\| +\| ns +\| raw Atomics/,
      );
      expect(text).not.toContain("CPython");
      expect(text).toContain("`npm run bench -- event-is-set --rounds 2 --ms 1 --runtimes …` wrote this page");
      expect(bench("event-is-set", "--runtimes", join(folder, "none"), ...QUICK).status).toBe(1);
      expect(bench("event-is-set", "--runtimes", node, "--gate").stderr).toContain(
        "cannot be used with option '--gate'",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("knows Node, Deno and Bun by what they call themselves", () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const saying = (text: string): Runtime => {
        const file = join(folder, "runtime");
        writeFileSync(file, `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
        return runtimeAt(file);
      };
      expect(saying("v24.21.0")).toMatchObject({ name: "Node 24", version: "24.21.0", args: [] });
      expect(saying("1.4.5")).toMatchObject({ name: "Bun 1", version: "1.4.5", args: [] });
      const deno = saying("deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)");
      expect(deno).toMatchObject({ name: "Deno 2", version: "2.9.6", args: ["run", "--allow-all"] });
      expect(() => saying("Python 3.11.7")).toThrow(/is not Node, Deno or Bun: it calls itself Python/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
