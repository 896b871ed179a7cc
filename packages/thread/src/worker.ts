/** The file run by every worker of this library: the supervisor, or a worker for threads. */
import { first } from "./first.js";
import { host } from "./platform/host.js";
import type { SupervisorRole, ThreadRole } from "./protocol/messages.js";

const role = host().workerData() as SupervisorRole | ThreadRole;
if (role.role === "supervisor") first.supervise(role);
else first.runThreads(role);
