/** The child process: runs programs, and reports to its parent (main.ts), which ends it if it gets stuck. */
import { setExceptHook } from "@x/threading";
import { ignoreError } from "./fault-injector.js";
import { runExecutorPrograms, runPrograms, runQueuePrograms, type SoakOptions } from "./rounds.js";
import { newStatus } from "./shared-state.js";
import { report, watch } from "./watchdog.js";

const options = JSON.parse(process.argv[2]!) as SoakOptions;
const status = newStatus();

setExceptHook(ignoreError);
const begins = watch(status, options.limit);
const run = options.queues ? runQueuePrograms : options.executors ? runExecutorPrograms : undefined;
report({ report: await (run === undefined ? runPrograms(options, status, begins) : run(options, begins)) });
