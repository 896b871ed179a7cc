/** Makes docs/runtimes.md from the results of the programs. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { BROWSER_IDS, BROWSER_NAMES, expectedInPage, PAGE_CAPABILITIES } from "./pages.ts";
import { CAPABILITIES, type Capability, type Expected } from "./capabilities.ts";
import { type Id, IDS, TITLES } from "./runtimes.ts";
import type { Judged } from "./verdicts.ts";

export const PAGE = fileURLToPath(new URL("../../docs/runtimes.md", import.meta.url));

const ABOUT = `# What works on which runtime

\`npm run test:runtimes -- --write\` made this page. Every cell is a program that ran on that runtime, with the packages as they are published;
scripts/runtimes/probes has the programs. The run fails if a result differs from this page, also if it is better.

The same run has the conformance suites of all packages and ten seconds of random programs in which threads die; on Node 22, Node 26, Deno and
Bun also the tests of the examples. On Node 20 and Node 24 CI runs all tests of the repository. Elsewhere \`--parts tests\` runs the other tests
of the packages: on Node 22 and Node 26 they take some four minutes each. On Deno and Bun it leaves out the tests that are about Node; a few of
the rest expect the speed of Node, and fail now and then.

Supported are Node 20.19, Node 22.12 and later, Deno and Bun; the heads of the tables name the tested versions. "yes" means that it works.
Another text is what a user sees instead; its number leads to the reason.
`;

/** The text of a cell: the result or, if the program did not run, the expectation. */
type See = (capability: Capability, id: Id) => Expected | undefined;

const asExpected: See = ({ limits = {} }, id) => limits[id];

/** The page with every cell as expected. */
export function expectedPage(): Promise<string> {
  return pageOf(asExpected);
}

async function pageOf(see: See): Promise<string> {
  const areas = [...new Set(CAPABILITIES.map(({ area }) => area))];
  const notes: string[] = [];
  const tables = areas.map((area) => {
    const rows = CAPABILITIES.filter((one) => one.area === area).map((capability) => {
      const cells = IDS.map((id) => cellOf(see(capability, id), notes));
      return `| ${[capability.title, ...cells].join(" | ")} |`;
    });
    const heads = ["", ...IDS.map((id) => TITLES[id])];
    return [`## ${area}`, "", `| ${heads.join(" | ")} |`, `|${heads.map(() => " --- |").join("")}`, ...rows].join("\n");
  });
  tables.push(tableOfPages(notes));
  const reasons = notes.map((why, i) => `${i + 1}. ${why}`).join("\n");
  const text = [ABOUT, ...tables, `## Why`, reasons].join("\n\n");
  return format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

const ABOUT_PAGES = `The same programs in pages, where main is a thread. \`npm run test:browsers\` runs them in Debian's browsers, and fails if a result differs from
this table. [In the browser](browser.md) says what a page itself can do.`;

/** The cells of browsers are the expectations, because another run has the results. */
function tableOfPages(notes: string[]): string {
  const rows = PAGE_CAPABILITIES.map(({ title }) => {
    const cells = BROWSER_IDS.map((id) => cellOf(expectedInPage(title, id), notes));
    return `| ${[title, ...cells].join(" | ")} |`;
  });
  const heads = ["", ...BROWSER_IDS.map((id) => BROWSER_NAMES[id])];
  const table = [`| ${heads.join(" | ")} |`, `|${heads.map(() => " --- |").join("")}`, ...rows].join("\n");
  return ["## In pages", ABOUT_PAGES, table].join("\n\n");
}

function cellOf(expected: Expected | undefined, notes: string[]): string {
  if (expected === undefined) return "yes";
  if (!notes.includes(expected.why)) notes.push(expected.why);
  const text = expected.sees.replaceAll("|", "\\|");
  return `${expected.sometimes === true ? `sometimes: ${text}` : text} (${notes.indexOf(expected.why) + 1})`;
}

/** Writes the page, with the results of this run. */
export async function writeDocument(all: readonly Judged[], log: (text: string) => void): Promise<boolean> {
  const page = await pageOf((capability, id) => {
    const seen = all.find((one) => one.part === "capabilities" && one.runtime === id && one.name === capability.title);
    const expected = capability.limits?.[id];
    if (seen === undefined || expected?.sometimes === true) return expected;
    if (seen.sees === undefined) return undefined;
    return { sees: seen.sees, why: expected?.why ?? "Not explained yet." };
  });
  writeFileSync(PAGE, page);
  log("docs/runtimes.md is written.");
  return true;
}

/** Does the page match the expectations? Results that differ from them have failed the run already. */
export async function checkDocument(_all: readonly Judged[], log: (text: string) => void): Promise<boolean> {
  const isSame = readFileSync(PAGE, "utf8") === (await expectedPage());
  if (!isSame) log("docs/runtimes.md is not what was seen; npm run test:runtimes -- --write");
  return isSame;
}
