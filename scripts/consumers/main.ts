/**
 * Tries the packed packages with users' tools:
 *
 *     npm run test:consumers
 *     npm run test:consumers -- --parts types,jest
 *     npm run test:consumers -- --grep "preserve-symlinks" --keep
 */
import { PARTS } from "./parts.ts";
import { commandFor, runParts, type RunOptions } from "./run.ts";

const about =
  "Installs exact versions of compilers, test runners and runtimes from npm (into a cache outside the workspace), installs the packed packages in fresh folders beside them, and tries these there";
await runParts(commandFor("test:consumers", about, PARTS).parse().opts<RunOptions>(), "consumers");
