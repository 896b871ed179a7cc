/**
 * All code of this package, and its first copy in this thread. The first copy works for all copies; see
 * core's copies.ts. Other copies come from bundles, linked folders, and CommonJS beside ESM.
 */
import { firstCopy } from "@x/core/internal";
import * as index from "./index.js";
import { offerRole } from "./platform/boot.js";
import { PROTOCOL } from "./platform/protocol-version.js";
import { registerKinds } from "./protocol/kinds.js";
import { takeRole } from "./role.js";
import { provideMemories } from "./runtime/memory-keeper.js";
import { watchForEnd } from "./runtime/shutdown.js";

const own = { ...index, takeRole };

export const first: typeof own = firstCopy(PROTOCOL, own, () => {
  registerKinds();
  provideMemories();
  watchForEnd();
});

offerRole(first.takeRole);
