/** The file that every worker of this library runs: a supervisor, or a place for threads. */
import { runThreads } from "./bootstrap.js";
import { host } from "./host.js";
import type { SupervisorRole, ThreadRole } from "./messages.js";
import { supervise } from "./supervisor.js";

const role = host().workerData() as SupervisorRole | ThreadRole;
if (role.role === "supervisor") supervise(role);
else runThreads(role);
