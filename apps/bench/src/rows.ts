/** Finds the rows: each file in `rows/` is a row. */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { Row } from "./row.js";

const FOLDER = new URL("../dist/rows/", import.meta.url);

/** The names of all rows, in the order of the report, with the URLs of their modules. */
export function findRows(): Map<string, string> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".js"));
  const found = files.map((file): [string, string] => [basename(file, ".js"), new URL(file, FOLDER).href]);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The row that a module exports as `row`. */
export async function loadRow(url: string): Promise<Row> {
  return ((await import(url)) as { row: Row }).row;
}
