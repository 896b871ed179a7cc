import { describe, expect, it } from "vitest";
import { dependencyFaults, misshapen } from "./architecture.ts";
import { importsOf, readPackages, type Package } from "./packages.ts";

const packages = readPackages();
const published = packages.filter(({ manifest }) => manifest.private !== true);

function find(name: string): Package {
  const found = packages.find(({ manifest }) => manifest.name === name);
  if (found === undefined) throw new Error(`no package ${name}`);
  return found;
}

const event = find("@x/event");

describe("dependencies of a package", () => {
  it.each(packages)("are in order: $folder", (each) => {
    expect(dependencyFaults(each)).toEqual([]);
  });

  const depends = (dependencies: Record<string, string>): Package => ({
    ...event,
    imports: [],
    manifest: { ...event.manifest, dependencies },
  });

  it("are refused if the table of packages does not allow them", () => {
    expect(dependencyFaults(depends({ "@x/core": "*" }))).toEqual([]);
    expect(dependencyFaults(depends({ "@x/core": "*", "@x/lock": "*" }))).toEqual(["@x/event depends on @x/lock"]);
    expect(dependencyFaults(depends({ lodash: "*" }))).toEqual([
      "@x/event depends on lodash, which is outside this repository",
    ]);
  });

  it("are missed if a file imports what package.json does not list", () => {
    const file = "packages/event/src/event.ts";
    const unlisted = { ...event, imports: [{ file, specifier: "@x/core/internal" }], manifest: { name: "@x/event" } };
    expect(dependencyFaults(unlisted)).toEqual([`${file} imports @x/core, which its package.json does not list`]);
  });

  it("are core alone in a package without a row in the table", () => {
    const latch = { ...depends({ "@x/core": "*", "@x/lock": "*" }), folder: "packages/latch" };
    expect(dependencyFaults(latch)).toEqual(["@x/event depends on @x/lock"]);
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
