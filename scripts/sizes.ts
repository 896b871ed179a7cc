/**
 * Writes the tables of docs/size.md: what each class weighs in a bundle, and what each promise of a Lock weighs. With `--check` it only
 * fails if a number of the page is out of date.
 *
 *     npm run sizes
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { format, resolveConfig } from "prettier";
import { type Weight, weigh } from "./sizes/bundle.ts";
import { PROMISES } from "./sizes/promises.ts";

const PAGE = fileURLToPath(new URL("../docs/size.md", import.meta.url));

const CLASSES = {
  Lock: "lock",
  RLock: "lock",
  Event: "event",
  Semaphore: "semaphore",
  BoundedSemaphore: "semaphore",
  Condition: "condition",
  Barrier: "barrier",
};

/** The largest difference in kB between the page and a measurement: versions of Brotli differ by some bytes. */
const TOLERANCE_KB = 0.05;

const program = (name: string, of: string): string => `import { ${name} } from "@x/${of}"; console.log(${name})`;

const kB = ({ brotli }: Weight): string => (brotli / 1000).toFixed(2);

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}

async function classes(): Promise<string> {
  const rows = Object.entries(CLASSES).map(async ([name, of]) => {
    const [all, browser] = await Promise.all([weigh(program(name, of)), weigh(program(name, of), { browser: true })]);
    return [`\`${name}\``, kB(all), kB(browser)];
  });
  return table(["class", "kB", "kB in a bundle for browsers"], await Promise.all(rows));
}

async function promises(): Promise<string> {
  const lock = program("Lock", "lock");
  const whole = await weigh(lock);
  const rows = PROMISES.map(async ({ promise, cuts }) => {
    const without = await weigh(lock, { cuts });
    return { promise, minified: whole.minified - without.minified, brotli: whole.brotli - without.brotli };
  });
  const sorted = (await Promise.all(rows)).sort((a, b) => b.brotli - a.brotli);
  return table(
    ["promise", "kB", "bytes before compression"],
    sorted.map((row) => [row.promise, kB(row), String(row.minified)]),
  );
}

/** Replaces the tables between the markers. */
function withTable(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: made by \`npm run sizes\` -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`sizes: docs/size.md lacks "${begin}" … "${end}"`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

/** The page with its tables as they are measured now. */
export async function measured(page: string): Promise<string> {
  const text = withTable(withTable(page, "classes", await classes()), "promises", await promises());
  return format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

/** The rows of the page that differ from the measurement: in their text, or by more than the tolerance. */
export function outdated(page: string, now: string): string[] {
  const rows = (text: string): Map<string, number[]> =>
    new Map(
      [...text.matchAll(/^\| ([^|]*?) +\|((?: +[\d.]+ \|)+)$/gm)].map(([, head, cells]) => [
        head!,
        cells!.split("|").slice(0, -1).map(Number),
      ]),
    );
  const [written, seen] = [rows(page), rows(now)];
  const differs = (head: string): boolean => {
    const [a, b] = [written.get(head), seen.get(head)];
    return a === undefined || b === undefined || Math.abs(a[0]! - b[0]!) > TOLERANCE_KB;
  };
  return [...new Set([...written.keys(), ...seen.keys()])].filter(differs);
}

async function main(): Promise<void> {
  const { check } = new Command("npm run sizes --")
    .description("Measures what each class and each promise weighs, and writes the tables of docs/size.md.")
    .option("--check", "write nothing, and exit with 1 if a number of the page is out of date")
    .parse()
    .opts<{ check?: true }>();
  const page = readFileSync(PAGE, "utf8");
  const now = await measured(page);
  const rows = outdated(page, now);
  if (check !== true) return writeFileSync(PAGE, now);
  if (rows.length === 0) return;
  console.error(`sizes: docs/size.md is out of date: run \`npm run sizes\`:\n  ${rows.join("\n  ")}`);
  process.exitCode = 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
