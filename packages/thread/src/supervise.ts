/**
 * The supervisor's own file: all its code, core's too, in a single piece. It boots faster than from the
 * files of the packages, because Node resolves, reads and links nothing; see platform/boot.ts.
 */
import { host } from "./platform/host.js";
import { registerKinds } from "./protocol/kinds.js";
import type { LossMessage, SupervisorRole } from "./protocol/messages.js";
import { provideMemories } from "./runtime/memory-keeper.js";
import { supervise } from "./supervisor/supervisor.js";

registerKinds();
provideMemories();
host().onRole((data) => {
  const role = data as SupervisorRole;
  try {
    supervise(role);
  } catch (error) {
    host().post(role.port, { lost: { value: error, parts: [] } } satisfies LossMessage);
    throw error;
  }
});
