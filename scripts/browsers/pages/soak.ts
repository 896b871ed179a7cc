/** Random programs, in a thread of the page: see apps/soak. */
import { expose, setExceptHook } from "@x/threading";
import { ignoreError } from "../../../apps/soak/src/fault-injector.js";
import { runPrograms, type SoakOptions } from "../../../apps/soak/src/rounds.js";
import { newStatus } from "../../../apps/soak/src/shared-state.js";
import { tell } from "./protocol.js";

/** Runs programs, and tells the seed of each at its beginning. */
export function runSoak(options: SoakOptions): Promise<string> {
  setExceptHook(ignoreError);
  return runPrograms(options, newStatus(), (seed) => tell("/told", { begins: seed }));
}

expose({ runSoak });
