/**
 * Writes the tables of names in docs/python.md from docs/names.json, between the two markers. With
 * `--check` it only fails if they are out of date.
 *
 *     npm run docs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { format, resolveConfig } from "prettier";

const NAMES = fileURLToPath(new URL("../docs/names.json", import.meta.url));
const PAGE = fileURLToPath(new URL("../docs/python.md", import.meta.url));

const BEGIN = "<!-- names: made from names.json by `npm run docs` -->";
const END = "<!-- names: end -->";

/**
 * One line of a table: a name there, a name here, a remark. One of the names may be missing, and then the remark says why.
 *
 * @typedef {{ python?: string | string[], here?: string | string[], note?: string }} Row
 * @typedef {{ title: string, python?: string, class?: string, like?: string[], rows: Row[] }} Section
 */

/** @param {string | string[] | undefined} cell */
const code = (cell) =>
  [cell ?? []]
    .flat()
    .map((name) => `\`${name}\``)
    .join(", ");

/** @param {Section} section */
function table({ title, rows }) {
  const hasPython = rows.some(({ python }) => python !== undefined);
  const heads = hasPython ? ["Python", "here", ""] : ["here", ""];
  const cells = rows.map(({ python, here, note = "" }) => [...(hasPython ? [code(python)] : []), code(here), note]);
  const line = (/** @type {string[]} */ row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [`### ${title}`, "", line(heads), line(heads.map(() => "---")), ...cells.map(line), ""].join("\n");
}

/**
 * @param {string} page
 * @param {Section[]} sections
 * @returns {Promise<string>} the page with its tables as they should be
 */
export async function withTables(page, sections) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs: docs/python.md lacks "${BEGIN}" … "${END}"`);
  const tables = sections.map(table).join("\n");
  const text = `${page.slice(0, begin)}${BEGIN}\n\n${tables}\n${page.slice(end)}`;
  return format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

async function main() {
  const { check } = new Command("npm run docs --")
    .description("Writes the tables of names in docs/python.md from docs/names.json.")
    .option("--check", "write nothing, and exit with 1 if the tables are out of date")
    .parse()
    .opts();
  const page = readFileSync(PAGE, "utf8");
  const made = await withTables(page, JSON.parse(readFileSync(NAMES, "utf8")));
  if (check === true) {
    if (made === page) return;
    console.error("docs: the tables in docs/python.md are not those of docs/names.json: run `npm run docs`");
    process.exitCode = 1;
  } else {
    writeFileSync(PAGE, made);
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
