/** Makes docs/bundlers.md from the results. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import type { Environment } from "../consumers/checks.ts";
import type { Made } from "../consumers/run.ts";
import { COLUMNS, type Column, sizeKey, sizes } from "./facts.ts";
import { type BundlerPart, PARTS } from "./parts.ts";
import { versionsOf } from "./versions.ts";

export const PAGE = fileURLToPath(new URL("../../docs/bundlers.md", import.meta.url));

const ABOUT = `# What works with which bundler

\`npm run test:bundlers -- --write\` made this page. Each cell is a program of test/bundlers: the bundler builds it with the packages as they are
published, the sources are moved away, and the output runs in a folder without \`node_modules\`. Each output is tried as it is by default, and
minified. The run fails if a result differs from this page, also if it is better.

"yes" means that the output does all that the sources do. Another text is what a user sees instead; its number leads to the reason. An empty cell
was not tried. The size is that of all minified code, in kB: the whole library, and the program. Of pages it is the page and its workers.
`;

/** What is seen instead of a "yes", and why. */
interface Seen {
  readonly sees: string;
  readonly why: string;
}

/** The checks of a cell are looked up by name; undefined: all hold. */
type See = (part: BundlerPart, row: string, names: readonly string[]) => Seen | undefined;

/** The sizes in kB, by part and row. */
type Sizes = ReadonlyMap<string, number>;

const asExpected: See = ({ limits }, row, names) => {
  const limit = limits.find(({ on, name }) => on.includes(row) && names.some((one) => name.test(one)));
  return limit && { sees: limit.sees ?? "no", why: limit.why };
};

/** The page with every cell as expected, and with the sizes that it has. */
export function expectedPage(): Promise<string> {
  return pageOf(asExpected, sizesOn(readFileSync(PAGE, "utf8")));
}

async function pageOf(see: See, sizes: Sizes): Promise<string> {
  const notes: string[] = [];
  const tables = PARTS.map((part) => tableOf(part, see, sizes, notes));
  const reasons = notes.length === 0 ? [] : ["## Why", notes.map((why, i) => `${i + 1}. ${why}`).join("\n")];
  const text = [ABOUT, ...tables, ...reasons, "## Versions", versionsOf()].join("\n\n");
  return format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

function tableOf(part: BundlerPart, see: See, sizes: Sizes, notes: string[]): string {
  const checks = part.checks(undefined as unknown as Environment); // they are not run
  const hasSizes = part.hasNoSizes !== true;
  const columns = (Object.keys(COLUMNS) as Column[]).filter((column) => checks.some((one) => one.column === column));
  const rows = part.rows.map(({ title, writes }) => {
    const cells = columns.map((column) => {
      const names = checks.filter((one) => one.on === title && one.column === column).map(({ name }) => name);
      return names.length === 0 ? "" : cellOf(see(part, title, names), notes);
    });
    const size = sizes.get(sizeKey(part.name, title));
    return [title, writes ?? "nothing", ...cells, ...(hasSizes ? [size === undefined ? "" : `${size}`] : [])];
  });
  const heads = ["", "what you write", ...columns.map((column) => COLUMNS[column]), ...(hasSizes ? [SIZE] : [])];
  const lines = [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `## ${part.head}\n\n${part.text}\n\n${lines.join("\n")}`;
}

const SIZE = "kB";

function cellOf(seen: Seen | undefined, notes: string[]): string {
  if (seen === undefined) return "yes";
  if (!notes.includes(seen.why)) notes.push(seen.why);
  return `${seen.sees.replaceAll("|", "\\|")} (${notes.indexOf(seen.why) + 1})`;
}

/** The sizes that a page has. */
function sizesOn(page: string): Sizes {
  const found = new Map<string, number>();
  for (const { name, head } of PARTS) {
    const table = page.split(`## ${head}\n`)[1]?.split("\n## ")[0] ?? "";
    for (const [, row, size] of table.matchAll(/^\| ([^|]+?) +\|.*\| (\d+) +\|$/gm))
      found.set(sizeKey(name, row!), Number(size));
  }
  return found;
}

/** The part by which a size may differ from the page's before the page is old. */
const LEEWAY = 0.1;

function measured(): Sizes {
  return new Map([...sizes].map(([key, bytes]) => [key, Math.round(bytes / 1000)]));
}

/** Writes the page, with the results and sizes of this run. */
export async function writeDocument(all: readonly Made[]): Promise<void> {
  const see: See = (part, row, names) => {
    const made = all.filter((one) => one.part === part.name && one.runtime === row && names.includes(one.name));
    const failed = made.find((one) => "notRun" in one || one.state === "fail");
    const expected = asExpected(part, row, names);
    if (failed === undefined) return undefined;
    return {
      sees: "notRun" in failed ? "not run" : (failed.sees ?? "no"),
      why: expected?.why ?? "Not explained yet.",
    };
  };
  let before = "";
  try {
    before = readFileSync(PAGE, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  writeFileSync(PAGE, await pageOf(see, new Map([...sizesOn(before), ...measured()])));
  console.log("docs/bundlers.md is written.");
}

/** Does the page say what is expected, and the sizes of this run? */
export async function checkDocument(): Promise<boolean> {
  const page = readFileSync(PAGE, "utf8");
  const written = sizesOn(page);
  const old = [...measured()].filter(([key, size]) => {
    const said = written.get(key);
    return said === undefined || Math.abs(size - said) > LEEWAY * said;
  });
  for (const [key, size] of old) console.log(`${key}: ${size} kB; docs/bundlers.md says ${written.get(key)}`);
  const isSame = page === (await expectedPage()) && old.length === 0;
  if (!isSame) console.log("docs/bundlers.md is not what was seen; npm run test:bundlers -- --write");
  return isSame;
}
