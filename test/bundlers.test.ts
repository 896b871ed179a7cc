import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectedPage, PAGE } from "../scripts/bundlers/document.ts";
import { PARTS } from "../scripts/bundlers/parts.ts";
import type { Environment } from "../scripts/consumers/checks.ts";
import { judge } from "../scripts/runtimes/verdicts.ts";

/** The checks of all parts; they are not run, so they need no environment. */
const parts = PARTS.map((part) => ({ part, checks: part.checks(undefined as unknown as Environment) }));

describe("docs/bundlers.md", () => {
  it("has the expected text in every cell", async () => {
    expect(readFileSync(PAGE, "utf8")).toBe(await expectedPage());
  });

  it("has a size in every row", () => {
    const rows = readFileSync(PAGE, "utf8").match(/^\| (?!what|-).*\|$/gm)!;
    const sized = rows.filter((row) => /\| \d+ +\|$/.test(row));
    const parts = PARTS.filter(({ hasNoSizes }) => hasNoSizes !== true);
    expect(sized.length).toBe(parts.reduce((sum, { rows }) => sum + rows.length, 0));
  });
});

describe("the fixtures of bundlers", () => {
  it("are a folder for each part", () => {
    const folders = readdirSync(new URL("./bundlers/", import.meta.url));
    expect(folders.sort()).toEqual([...new Set(PARTS.map(({ name, fixture = name }) => fixture))].sort());
  });
});

describe.each(parts)("the checks of $part.name", ({ part, checks }) => {
  it("have a name of their own in their row", () => {
    const names = checks.map(({ on, name }) => `${on}: ${name}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("stand in a row of the table", () => {
    const rows = part.rows.map(({ title }) => title);
    expect(checks.filter(({ on }) => !rows.includes(on))).toEqual([]);
  });

  it("are matched by each limit", () => {
    const idle = part.limits.filter(
      (limit) =>
        !checks.some(({ on, name }) => judge({ part: part.name, runtime: on, name, state: "fail" }, [limit]).limit),
    );
    expect(idle).toEqual([]);
  });
});
