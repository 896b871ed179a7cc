/**
 * Counts CPython's behaviours. Each has a test with its number in the title, or a deviation with
 * the reason in docs/python.md. Fails for a behaviour without either, and for an unknown number.
 *
 *     npm run tally
 */
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** `B001`, or several as `B001-B003`. */
const RANGE = /\b([BFPQS]\d{2,3})(?:[-–]([BFPQS]\d{2,3}))?/g;

/** The beginning of a title: `B001, S13: `. */
const TITLE = /^((?:[BFPQS]\d{2,3}(?:[-–][BFPQS]\d{2,3})?(?:, )?)+): /;

const TAGS = ["core", "adapt", "n/a"];

/**
 * @typedef {{ tag: string, area: string }} Behaviour
 * @typedef {{ number: string, file: string }} Mention
 * @typedef {{ area: string, core: number, adapt: number, "n/a": number, tested: number, explained: number, missing: string[] }} Row
 */

/**
 * @param {string} text
 * @returns {string[]} the numbers in it, ranges unfolded
 */
export function numbersIn(text) {
  return [...text.matchAll(RANGE)].flatMap(([, from = "", to = from]) => {
    const digits = from.length - 1;
    const [first, last] = [Number(from.slice(1)), Number(to.slice(1))];
    return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) =>
      from.charAt(0).concat(String(first + i).padStart(digits, "0")),
    );
  });
}

/**
 * @param {Record<string, Record<string, string>>} areas as in docs/behaviours.json
 * @returns {Map<string, Behaviour>}
 */
export function behavioursOf(areas) {
  const found = new Map();
  for (const [area, tags] of Object.entries(areas)) {
    for (const [tag, numbers] of Object.entries(tags)) {
      if (!TAGS.includes(tag)) throw new Error(`docs/behaviours.json: ${area} has the tag "${tag}"`);
      for (const number of numbersIn(numbers)) {
        if (found.has(number)) throw new Error(`docs/behaviours.json: ${number} stands there twice`);
        found.set(number, { tag, area });
      }
    }
  }
  return found;
}

/**
 * @param {string} source of a test file
 * @returns {string[]} the numbers in titles of its tests: in strings, not in comments
 */
export function numbersInTitles(source) {
  /** @type {string[]} */
  const numbers = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node);
    if (isText) numbers.push(...numbersIn(TITLE.exec(node.text)?.[1] ?? ""));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("test.ts", source, ts.ScriptTarget.Latest));
  return numbers;
}

/** @returns {Mention[]} every number in a title of a test of this repository */
function mentions() {
  const folders = readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/test`);
  return [...folders, "packages/testkit/src"]
    .flatMap((folder) => testsIn(folder))
    .flatMap((file) => numbersInTitles(readFileSync(join(ROOT, file), "utf8")).map((number) => ({ number, file })));
}

/** @param {string} folder */
function testsIn(folder) {
  return readdirSync(join(ROOT, folder))
    .filter((name) => /(\.test|\.model|-tests)\.ts$/.test(name))
    .map((name) => join(folder, name));
}

/**
 * @param {Map<string, Behaviour>} behaviours
 * @param {Set<string>} tested
 * @param {Set<string>} explained
 * @returns {Row[]} one per area, in the order in which they are listed
 */
export function tally(behaviours, tested, explained) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const [number, { tag, area }] of behaviours) {
    const row = rows.get(area) ?? { area, core: 0, adapt: 0, "n/a": 0, tested: 0, explained: 0, missing: [] };
    rows.set(area, row);
    row[/** @type {"core" | "adapt" | "n/a"} */ (tag)]++;
    if (tested.has(number)) row.tested++;
    if (explained.has(number)) row.explained++;
    // A behaviour of kind n/a needs a reason and no test; all others need a test, or a reason to
    // have none.
    if (!tested.has(number) && !explained.has(number)) row.missing.push(number);
  }
  return [...rows.values()];
}

/** @param {Row[]} rows */
function print(rows) {
  /** @param {"core" | "adapt" | "n/a" | "tested" | "explained"} key */
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const missing = rows.flatMap((row) => row.missing);
  const all = {
    area: "all",
    ...{ core: sum("core"), adapt: sum("adapt"), "n/a": sum("n/a") },
    ...{ tested: sum("tested"), explained: sum("explained"), missing },
  };
  const heads = ["", ...TAGS, "tested", "explained", "missing"];
  const lines = [...rows, all].map((row) =>
    [row.area, row.core, row.adapt, row["n/a"], row.tested, row.explained, row.missing.length].map(String),
  );
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of [heads, ...lines]) {
    console.log(
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    );
  }
  return missing;
}

function main() {
  new Command("npm run tally --")
    .description(
      "Counts CPython's behaviours: those with a test, those explained in docs/python.md, those without either.",
    )
    .parse();
  const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), "utf8");
  const behaviours = behavioursOf(JSON.parse(read("docs/behaviours.json")));
  const tests = mentions();
  const explained = numbersIn(read("docs/python.md"));
  const missing = print(tally(behaviours, new Set(tests.map(({ number }) => number)), new Set(explained)));
  const unknown = [...tests, ...explained.map((number) => ({ number, file: "docs/python.md" }))].filter(
    ({ number }) => !behaviours.has(number),
  );
  for (const { number, file } of unknown) console.error(`tally: ${file} speaks of ${number}, which is in no list`);
  if (missing.length > 0) {
    console.error(
      `tally: write a test whose title begins with the number, or explain it in docs/python.md: ${missing.join(", ")}`,
    );
  }
  if (missing.length > 0 || unknown.length > 0) process.exitCode = 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();
