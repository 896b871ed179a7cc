import { describe, expect, it } from "vitest";
import { forbiddenArrows, misshapen } from "./architecture.ts";
import { importsOf, readPackages, type Package } from "./packages.ts";

const packages = readPackages();
const published = packages.filter(({ manifest }) => manifest.private !== true);

function find(name: string): Package {
  const found = packages.find(({ manifest }) => manifest.name === name);
  if (found === undefined) throw new Error(`no package ${name}`);
  return found;
}

const event = find("@x/event");

describe("arrows between packages", () => {
  it.each(packages)("$folder", (each) => {
    expect(forbiddenArrows(each)).toEqual([]);
  });

  const imports = (specifier: string): Package => ({
    ...event,
    imports: [{ file: "packages/event/src/event.ts", specifier }],
  });
  const depends = (dependencies: Record<string, string>): Package => ({
    ...event,
    imports: [],
    manifest: { ...event.manifest, dependencies },
  });

  it("are seen in what is depended on", () => {
    expect(forbiddenArrows(depends({ "@x/core": "*" }))).toEqual([]);
    expect(forbiddenArrows(depends({ "@x/core": "*", "@x/lock": "*" }))).toEqual(["@x/event depends on @x/lock"]);
    expect(forbiddenArrows(depends({ lodash: "*" }))).toEqual([
      "@x/event depends on lodash, which is outside this repository",
    ]);
  });

  it("are seen in what is imported", () => {
    const file = "packages/event/src/event.ts";
    expect(forbiddenArrows(imports("@x/core"))).toEqual([]);
    expect(forbiddenArrows(imports("./other.js"))).toEqual([]);
    expect(forbiddenArrows(imports("@x/thread"))).toEqual([`${file} imports @x/thread`]);
    expect(forbiddenArrows(imports("@x/core/src/wait/block.ts"))).toEqual([
      `${file} imports @x/core/src/wait/block.ts, past the index of @x/core`,
    ]);
    expect(forbiddenArrows(imports("../../core/src/wait/block.js"))).toEqual([
      `${file} imports ../../core/src/wait/block.js, out of its src`,
    ]);
    expect(forbiddenArrows({ ...imports("@x/core"), manifest: { name: "@x/event" } })).toEqual([
      `${file} imports @x/core, which its package.json does not list`,
    ]);
  });

  it("are seen in a package nobody has heard of", () => {
    const latch = { ...imports("@x/lock"), manifest: { name: "@x/latch", dependencies: { "@x/core": "*" } } };
    expect(forbiddenArrows(latch)).toEqual(["packages/event/src/event.ts imports @x/lock"]);
  });

  it("are read from every kind of import", () => {
    const text = 'import a from "a"; import type { B } from "b"; export * from "c"; const d = await import("d");';
    expect(importsOf(text)).toEqual(["a", "b", "c", "d"]);
    expect(find("@x/lock").imports.map(({ specifier }) => specifier)).toContain("@x/core");
  });
});

describe("package.json files are alike", () => {
  it.each(published)("$folder", ({ manifest }) => {
    expect(misshapen(manifest, event.manifest)).toEqual([]);
  });

  it("and a difference is seen", () => {
    const { description, ...rest } = event.manifest;
    const faults = (change: object): string[] => misshapen({ ...event.manifest, ...change }, event.manifest);
    expect(description).toBeTypeOf("string");
    expect(misshapen(rest, event.manifest)).toEqual(["@x/event lacks description"]);
    expect(misshapen({ ...rest, description }, event.manifest)).toEqual(["@x/event has its keys in another order"]);
    expect(faults({ bin: "x" })).toEqual(["@x/event has bin, which no other package has"]);
    expect(faults({ scripts: { build: "tsc" } })).toEqual(["@x/event has another scripts"]);
    expect(faults({ engines: { node: "*" } })).toEqual(["@x/event has another engines"]);
    const exports = event.manifest.exports ?? {};
    const turned = Object.fromEntries(Object.entries(exports["."] as object).reverse());
    expect(faults({ exports: { ...exports, ".": turned } })).toEqual(['@x/event exports "." otherwise']);
  });
});
