/** Runs a file of tests, and tells its results. */
import { config } from "../../runtimes/shim/index.js";
import { runFile } from "../../runtimes/shim/runner.js";
import { tell } from "./protocol.js";

/** @param only a pattern of titles */
export async function run(file: string, load: () => Promise<unknown>, only: string | null): Promise<void> {
  if (only !== null) config.testNamePattern = new RegExp(only);
  await runFile(file, load, (line) => tell("/told", line));
}
