/**
 * The copy of this package that works for all copies in this thread; see core's copies.ts. Bundles, linked folders, and CommonJS beside ESM
 * bring others.
 */
import { firstCopy } from "@x/core/internal";
import { runThreads } from "./worker/run-threads.js";
import * as index from "./index.js";
import { registerKinds } from "./protocol/kinds.js";
import { PROTOCOL } from "./table/protocol-version.js";
import { supervise } from "./supervisor/supervisor.js";

/** What users import, and what the file of workers calls. */
const own = { ...index, runThreads, supervise };

export const first: typeof own = firstCopy(PROTOCOL, own, registerKinds);
