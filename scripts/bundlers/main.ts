/**
 * Builds programs with every bundler, and runs the output alone:
 *
 *     npm run test:bundlers
 *     npm run test:bundlers -- --parts node --grep "esbuild, modules"
 *     npm run test:bundlers -- --write
 */
import { commandFor, runParts, type RunOptions } from "../consumers/run.ts";
import { checkDocument, writeDocument } from "./document.ts";
import { closeBrowsers } from "./pages.ts";
import { PARTS } from "./parts.ts";

const about =
  "Installs exact versions of bundlers and runtimes from npm (into a cache outside the workspace), builds the programs of test/bundlers with the packed packages, moves the sources away, and runs the output";
const command = commandFor("test:bundlers", about, PARTS).option(
  "--write",
  "write docs/bundlers.md from the results of a whole run, instead of comparing it",
);
const { write, ...options } = command.parse().opts<RunOptions & { write?: true }>();
if (write === true && (options.grep !== "" || options.parts.length < PARTS.length))
  command.error("--write needs a whole run: leave --grep and --parts out");

const made = await runParts(options, "bundlers");
await closeBrowsers();
console.log(
  "NOT RUN: deno compile: it loads the runtime of its executables from Deno's own site, and npm does not have it",
);
if (write === true) await writeDocument(made);
else if (!(await checkDocument())) process.exitCode = 1;
