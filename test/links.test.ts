import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenLinks, linksIn, linksToNeighbours, pages, REPOSITORY } from "./links.ts";
import { readPackages, ROOT } from "./packages.ts";

describe("links", () => {
  it.each(pages(ROOT))("%s", (page) => {
    expect(brokenLinks(ROOT, page, readFileSync(join(ROOT, page), "utf8"))).toEqual([]);
  });

  it("lead somewhere in all pages", () => {
    expect(pages(ROOT)).toEqual(
      expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/python.md", "packages/lock/README.md"]),
    );
  });

  it("that lead nowhere are found", () => {
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

  it("are checked by their whole address, too", () => {
    const text = `[a](${REPOSITORY}/blob/main/docs/python.md), [b](${REPOSITORY}/tree/main/docs/gone.md)`;
    expect(brokenLinks(ROOT, "packages/lock/README.md", text)).toEqual([`${REPOSITORY}/tree/main/docs/gone.md`]);
  });
});

describe("a README that npm shows", () => {
  const published = readPackages().filter(({ manifest }) => manifest.private !== true);

  it.each(published)("$folder has no links to files beside it", ({ folder }) => {
    expect(linksToNeighbours(readFileSync(join(ROOT, folder, "README.md"), "utf8"))).toEqual([]);
  });

  it.each(published)("$folder names its homepage", ({ folder, manifest }) => {
    expect(manifest).toMatchObject({
      homepage: `${REPOSITORY}/tree/main/${folder}#readme`,
      bugs: { url: `${REPOSITORY}/issues` },
      repository: { type: "git", url: `git+${REPOSITORY}.git`, directory: folder },
    });
  });

  it("with such links is found", () => {
    expect(linksToNeighbours("[a](../lock), [b](#here), [c](https://example.org)")).toEqual(["../lock"]);
  });
});
