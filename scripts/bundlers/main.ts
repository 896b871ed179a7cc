/**
 * Builds programs with every bundler, and runs the output alone:
 *
 *     npm run test:bundlers
 *     npm run test:bundlers -- --parts node --grep "esbuild, modules"
 *     npm run test:bundlers -- --write
 */
import { commandFor, runParts, type RunOptions } from "../consumers/run.ts";
import { PARTS } from "./parts.ts";

const about =
  "Installs exact versions of bundlers and runtimes from npm (into a cache outside the workspace), builds the programs of test/bundlers with the packed packages, moves the sources away, and runs the output";
const { write, ...options } = commandFor("test:bundlers", about, PARTS)
  .option("--write", "write docs/bundlers.md from the results, instead of comparing it")
  .parse()
  .opts<RunOptions & { write?: true }>();
await runParts(options, "bundlers");
console.log(write);
