/** The child process: runs programs, and reports to its parent (main.ts), which ends it if it gets stuck. */
import { setExceptHook } from "@x/threading";
import { ignoreError } from "./fault-injector.js";
import { runPrograms, runQueuePrograms, type SoakOptions } from "./rounds.js";
import { newStatus } from "./shared-state.js";
import { report, watch } from "./watchdog.js";

const options = JSON.parse(process.argv[2]!) as SoakOptions;
const status = newStatus();

setExceptHook(ignoreError);
const begins = watch(status, options.limit);
report({ report: await (options.queues ? runQueuePrograms(options, begins) : runPrograms(options, status, begins)) });
