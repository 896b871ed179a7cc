/**
 * The first copy of this package in this thread, which works for all copies; see core's copies.ts.
 * Other copies come from bundles, linked folders, and CommonJS beside ESM.
 */
import { firstCopy } from "@x/core/internal";
import { runThreads } from "./worker/run-threads.js";
import * as index from "./index.js";
import { registerKinds } from "./protocol/kinds.js";
import { PROTOCOL } from "./table/protocol-version.js";
import { supervise } from "./supervisor/supervisor.js";

/** The exports for users, and for the workers' file. */
const own = { ...index, runThreads, supervise };

export const first: typeof own = firstCopy(PROTOCOL, own, registerKinds);
