import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository's URL, for links from pages outside of it: npm shows the READMEs of packages. */
export const REPOSITORY = "https://github.com/x-threading/threading";

const NOT_OURS = ["node_modules", "dist", ".git", ".turbo", ".results", "coverage"];

/** Every page of the repository, from `root`. */
export function pages(root: string, folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.includes(entry.name) ? [] : pages(root, path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** A page's dead links: to missing files, or to missing headings. */
export function brokenLinks(root: string, page: string, text: string): string[] {
  return linksIn(text).filter((link) => {
    const ours = new RegExp(`^${REPOSITORY}/(?:blob|tree)/main/(.*)`).exec(link)?.[1];
    if (ours === undefined && /^[a-z]+:/.test(link)) return false; // on another site
    const [path = "", heading] = decodeURI(ours ?? link).split("#");
    const target = path === "" ? page : ours === undefined ? join(dirname(page), path) : path;
    if (path !== "" && !existsSync(join(root, target))) return true;
    return (
      heading !== undefined && !headingsIn(path === "" ? text : readFileSync(join(root, target), "utf8")).has(heading)
    );
  });
}

/** A README's links to files of this repository: npm shows the README without them. */
export function linksToNeighbours(text: string): string[] {
  return linksIn(text).filter((link) => !/^([a-z]+:|#)/.test(link));
}

export function linksIn(text: string): string[] {
  const prose = withoutFences(text).replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm)].map(
    ([, inline, reference]) => (inline ?? reference)!,
  );
}

/** The anchors of headings on GitHub. */
function headingsIn(text: string): Set<string> {
  const headings = [...withoutFences(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function withoutFences(text: string): string {
  return text.replace(/^```[^]*?^```/gm, "");
}
