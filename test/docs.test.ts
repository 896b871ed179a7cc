import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withTables } from "../scripts/docs.mjs";
import { behavioursOf, numbersIn, numbersInTitles, tally } from "../scripts/tally.mjs";
import { ROOT } from "./packages.ts";
import { run } from "./run.ts";

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const page = read("docs/python.md");
const names = JSON.parse(read("docs/names.json")) as Parameters<typeof withTables>[1];

describe("npm run docs", () => {
  it("changes nothing: docs/python.md is up to date", async () => {
    expect(await withTables(page, names)).toBe(page);
  });

  it("writes the rows of docs/names.json", async () => {
    const rows = [
      { python: "one()", here: ["One", "two(a | b)"], note: "why" },
      { here: "three" },
      { python: "four()", note: "not here" },
    ];
    const made = await withTables(page, [{ title: "Numbers", rows }]);
    expect(made).toContain("\n### Numbers\n\n| Python   | here                 |          |\n");
    expect(made).toContain("\n| `one()`  | `One`, `two(a \\| b)` | why      |\n");
    expect(made).toContain("\n|          | `three`              |          |\n");
    expect(made).toContain("\n| `four()` |                      | not here |\n");
    expect(made).not.toContain("### Lock\n");
    expect(made.split("## Deviations")[1]).toBe(page.split("## Deviations")[1]);
  });

  it("needs the two markers", async () => {
    await expect(withTables("# A page", names)).rejects.toThrow('docs/python.md lacks "<!-- names:');
  });
});

describe("npm run tally", () => {
  it("finds a test or an explanation in docs/python.md for each behaviour of CPython's", () => {
    expect(run(ROOT, process.execPath, "scripts/tally.mjs")).toMatch(/^all( +\d+){5} +0$/m);
  });

  it("counts tested, explained and missing behaviours in each area", () => {
    const behaviours = behavioursOf({ Lock: { core: "B001, B003-B005", "n/a": "S09" }, Event: { adapt: "S10-S11" } });
    expect([...behaviours.keys()]).toEqual(["B001", "B003", "B004", "B005", "S09", "S10", "S11"]);
    expect(tally(behaviours, new Set(["B001", "B003"]), new Set(["B003", "S11"]))).toEqual([
      { area: "Lock", core: 4, adapt: 0, "n/a": 1, tested: 2, explained: 1, missing: ["B004", "B005", "S09"] },
      { area: "Event", core: 0, adapt: 2, "n/a": 0, tested: 0, explained: 1, missing: ["S10"] },
    ]);
  });

  it("refuses a list that contradicts itself", () => {
    expect(() => behavioursOf({ Lock: { core: "B001" }, Event: { adapt: "B001" } })).toThrow("B001 stands there twice");
    expect(() => behavioursOf({ Lock: { hard: "B001" } })).toThrow('Lock has the tag "hard"');
  });

  it("finds numbers in titles, not in comments and other texts", () => {
    const source = `
      /** B001: a comment */
      it("B002, S03: a title", () => {});
      it.each([["B004: a row", 1], ["B005-B007: more of them", 2]])("%s", () => {});
      it(\`S10: each \${name}\`, () => {});
      it("as B008 says", () => expect(text).toBe("B009"));`;
    expect(numbersInTitles(source)).toEqual(["B002", "S03", "B004", "B005", "B006", "B007", "S10"]);
  });

  it("unfolds ranges", () => {
    expect(numbersIn("B046–B048, S09-S11, B260")).toEqual(["B046", "B047", "B048", "S09", "S10", "S11", "B260"]);
  });
});

describe("README.md", () => {
  it("names the Node of docs/performance.md", () => {
    const [, documented] = /with Node (\d+):$/m.exec(read("README.md"))!;
    const [, measured] = /^\| Node +\| v(\d+)\./m.exec(read("docs/performance.md"))!;
    expect(documented).toBe(measured);
  });
});
