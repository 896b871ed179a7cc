/** The file for the threads of a page. */
import { checkFunction } from "@x/core/internal";
import { host } from "../platform/host.js";
import { offerSupervisor } from "../runtime/supervisor-client.js";
import { supervisorHere } from "./supervisor.js";

/** A Web Worker in the caller's types: programs without the types of the DOM have no `Worker`. */
interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
}

/**
 * Names the file that threads run in a browser. Call it once in the page, before the first start.
 *
 *     threadsRun(() => new Worker(new URL("./threads.js", import.meta.url), { type: "module" }));
 *
 * Write the call in just this form, because bundlers look for it and make a separate file of
 * `threads.js`. The file imports `@x/threading/worker` first, and then each module that exposes
 * something to threads:
 *
 *     import "@x/threading/worker";
 *     import "./tasks.js";
 *
 * In Node, Deno and Bun, and in threads, the call does nothing.
 *
 * @param make returns a new worker at each call
 * @throws TypeError if `make` is no function
 * @see Python needs no counterpart: its threads share one program
 */
export function threadsRun(make: () => WebWorker): void {
  checkFunction(make, "what makes a worker", "thread");
  host().makeWorkersBy?.(make as () => Worker);
  offerSupervisor(supervisorHere);
}
