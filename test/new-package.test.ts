import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dependencyFaults, misshapen } from "./architecture.ts";
import { readPackages, ROOT, type Package } from "./packages.ts";
import { run } from "./run.ts";

let copy: string;

/** A copy of the files for a new package. The tools are this repository's. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "new-package-"));
  for (const name of ["package.json", "scripts", "packages/event"]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter: (file) => !/\/(dist|\.turbo)$/.test(file) });
  }
  for (const name of [".prettierrc.json", "tsconfig.base.json", "tsup.config.base.ts", "vitest.config.base.ts"]) {
    cpSync(join(ROOT, name), join(copy, name));
  }
  for (const name of [".changeset", "apps"]) mkdirSync(join(copy, name));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});

afterAll(() => rmSync(copy, { recursive: true }));

function newPackage(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["scripts/new-package.mjs", "--no-install", ...args], {
    cwd: copy,
    encoding: "utf8",
  });
}

function made(): Package {
  const found = readPackages(`${copy}/`).find(({ folder }) => folder === "packages/count-down");
  if (found === undefined) throw new Error("packages/count-down is not there");
  return found;
}

describe("npm run new-package", () => {
  it("makes a package shaped like the others", () => {
    expect(newPackage("count-down")).toMatchObject({ status: 0, stderr: "" });
    const event = JSON.parse(readFileSync(join(copy, "packages/event/package.json"), "utf8")) as Package["manifest"];
    const { manifest } = made();
    expect(manifest.name).toBe("@x/count-down");
    expect(Object.keys(manifest)).toEqual(Object.keys(event));
    expect(misshapen(manifest, event)).toEqual([]);
    expect(dependencyFaults(made())).toEqual([]);

    const files = readdirSync(join(copy, "packages/count-down")).sort();
    const eventFiles = readdirSync(join(copy, "packages/event"));
    expect(files).toEqual([
      ...["LICENSE", "README.md", "package.json", "src", "test", "tsconfig.json", "tsup.config.ts", "vitest.config.ts"],
    ]);
    expect(eventFiles).toEqual(expect.arrayContaining(files));
    expect(readdirSync(join(copy, "packages/count-down/src")).sort()).toEqual(["count-down.ts", "index.ts"]);
  });

  it("makes a package that compiles, is formatted, builds, and passes its tests", () => {
    const folder = join(copy, "packages/count-down");
    const tool = (name: string, ...args: string[]): string =>
      run(folder, join(ROOT, "node_modules/.bin", name), ...args);
    tool("tsc", "-p", "tsconfig.json");
    tool("prettier", "--check", ".");
    tool("tsup");
    // The package's own folder, wherever this run's results go.
    run(folder, "env", "-u", "RESULTS", "TURBO_HASH=built above", join(ROOT, "node_modules/.bin/vitest"), "run");
    const results = JSON.parse(readFileSync(join(copy, ".results/count-down.json"), "utf8")) as object;
    expect(results).toMatchObject({ success: true, numPassedTests: 4, numTotalTests: 4 });
  });

  it("adds a changeset", () => {
    expect(readFileSync(join(copy, ".changeset/new-count-down.md"), "utf8")).toContain('"@x/count-down": minor');
  });

  it("refuses a name already in use", () => {
    expect(newPackage("event")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("packages/event is there"),
    });
  });

  it.each(["Latch", "@x/latch", "../latch", "2much", "count--down", "count_down", ""])("refuses %j", (name) => {
    const { status, stderr } = newPackage(name);
    expect(status).toBe(1);
    expect(stderr).toContain("is no name for a package: use lower-case words");
  });

  it.each([[[]], [["one", "two"]], [["--what"]]])("prints its usage after %j", (args) => {
    const { status, stderr } = newPackage(...args);
    expect(status).toBe(1);
    expect(stderr).toContain("usage: npm run new-package -- NAME");
  });

  it("has help", () => {
    expect(newPackage("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("usage:") });
  });
});
