/** The rules of .dependency-cruiser.mjs, tried on small trees of files: each tree breaks a rule. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "./packages.ts";

let tree: string;

/** The tables name these packages; each test has its own files in them. */
const NAMES = ["core", "event", "lock", "thread"];

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "imports-"));
  for (const name of [".dependency-cruiser.mjs", "tsconfig.base.json"]) cpSync(join(ROOT, name), join(tree, name));
  mkdirSync(join(tree, "node_modules/@x"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules/typescript"), join(tree, "node_modules/typescript"));
  for (const name of NAMES) {
    const manifest = readFileSync(join(ROOT, "packages", name, "package.json"), "utf8");
    write({ [`packages/${name}/package.json`]: manifest, [`packages/${name}/src/index.ts`]: "export {};" });
    symlinkSync(join(tree, "packages", name), join(tree, "node_modules/@x", name));
  }
});

afterEach(() => rmSync(tree, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }
}

/** The broken rules of these files, by name. */
function broken(files: Record<string, string>): string[] {
  write(files);
  const depcruise = join(ROOT, "node_modules/.bin/depcruise");
  const args = ["--config", ".dependency-cruiser.mjs", "--output-type", "json", "packages"];
  const { stdout, stderr } = spawnSync(depcruise, args, { cwd: tree, encoding: "utf8" });
  expect(stderr).toBe("");
  const { violations } = (JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } }).summary;
  return [...new Set(violations.map(({ rule }) => rule.name))].sort();
}

const NOTHING = "export {};";
const FILES = "circles: no file imports itself by way of others";
const FOLDERS = "circles: no folder imports itself by way of others";

describe("imports", () => {
  it("that point down break no rule", () => {
    expect(
      broken({
        "packages/core/src/sync/a.ts": 'export { b } from "../wait/b.js"; export { c } from "../errors.js";',
        "packages/core/src/wait/b.ts":
          'import type { c } from "../errors.js"; export const b = 1 as unknown as typeof c;',
        "packages/core/src/errors.ts": "export const c = 1;",
        "packages/event/src/event.ts": 'export * from "@x/core";',
      }),
    ).toEqual([]);
  });

  it("of types alone make a circle, too", () => {
    expect(
      broken({
        "packages/event/src/a.ts": 'import type { B } from "./b.js"; export type A = B | 1;',
        "packages/event/src/b.ts": 'import { type A } from "./a.js"; export type B = A | 2;',
      }),
    ).toEqual([FILES]);
  });

  it("between two folders may go one way only", () => {
    expect(
      broken({
        "packages/event/src/a/one.ts": 'import "../b/one.js";',
        "packages/event/src/b/one.ts": NOTHING,
        "packages/event/src/b/two.ts": 'import "../a/two.js";',
        "packages/event/src/a/two.ts": NOTHING,
      }),
    ).toEqual([FOLDERS]);
  });

  it("from a lower room to an upper one are refused", () => {
    const upwards = broken({
      "packages/core/src/wait/a.ts": 'import type {} from "../transfer/b.js";',
      "packages/core/src/transfer/b.ts": NOTHING,
      "packages/thread/src/table/a.ts": 'import "../api/b.js";',
      "packages/thread/src/api/b.ts": NOTHING,
    });
    expect(upwards).toEqual([
      "layers of core: wait/ knows nothing above or beside it",
      "layers of thread: table/ knows nothing above or beside it",
    ]);
  });

  it("between rooms on one line are refused", () => {
    expect(
      broken({ "packages/core/src/platform/a.ts": 'import "../errors.js";', "packages/core/src/errors.ts": NOTHING }),
    ).toEqual(["layers of core: platform/ knows nothing above or beside it"]);
  });

  it("of a file that stands in no room are refused", () => {
    expect(
      broken({ "packages/core/src/new.ts": 'import "./errors.js";', "packages/core/src/errors.ts": NOTHING }),
    ).toEqual(["layers of core: each file stands in a room of the table"]);
  });

  it("of a package that the table does not allow are refused", () => {
    expect(broken({ "packages/event/src/a.ts": 'import "@x/thread";' })).toEqual(["packages: event imports core"]);
    expect(broken({ "packages/core/src/sync/a.ts": 'import "@x/lock";' })).toContain("packages: core imports no other");
  });

  it("past the face of a package are refused", () => {
    expect(
      broken({
        "packages/event/src/a.ts": 'import "../../core/src/errors.js";',
        "packages/core/src/errors.ts": NOTHING,
      }),
    ).toEqual(["packages: others import a package by its faces"]);
  });

  it("of missing files are refused", () => {
    expect(broken({ "packages/event/src/a.ts": 'import "@x/core/src/errors.js";' })).toEqual([
      "imports: each one is found",
    ]);
  });
});
