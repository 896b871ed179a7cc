import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenLinks, linksIn, pages } from "./links.ts";
import { ROOT } from "./packages.ts";

describe("links lead somewhere", () => {
  it.each(pages(ROOT))("%s", (page) => {
    expect(brokenLinks(ROOT, page, readFileSync(join(ROOT, page), "utf8"))).toEqual([]);
  });

  it("in all pages there are", () => {
    expect(pages(ROOT)).toEqual(
      expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/python.md", "packages/lock/README.md"]),
    );
  });

  it("and one that does not is seen", () => {
    const text = [
      "[here](../README.md), [there](../NOWHERE.md), [a folder](../packages), [the web](https://example.org/x.md)",
      "[a heading](../README.md#a-first-program), [none](../README.md#nothing), [below](#below-here), [not](#above)",
      "`[code](gone.md)`",
      "```md\n[code](gone.md)\n## Above\n```",
      "## Below, `here`",
      "[reference]: ../GONE.md",
    ].join("\n");
    expect(linksIn(text)).toHaveLength(9);
    expect(brokenLinks(ROOT, "docs/page.md", text)).toEqual([
      "../NOWHERE.md",
      "../README.md#nothing",
      "#above",
      "../GONE.md",
    ]);
  });
});
