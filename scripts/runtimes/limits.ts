/** Tests that a runtime is expected to fail, each with the reason. One that passes after all fails the run: then its line is stale. */
import type { Limit } from "./verdicts.ts";

export const TEST_LIMITS: readonly Limit[] = [];
