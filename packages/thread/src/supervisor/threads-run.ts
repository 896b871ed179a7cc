/** Which file the threads of a page run. */
import { checkFunction } from "@x/core/internal";
import { host } from "../platform/host.js";
import { offerSupervisor } from "../runtime/supervisor-client.js";
import { supervisorHere } from "./supervisor.js";

/** A Web Worker, as far as the caller's types matter: programs without the types of the DOM have none. */
interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
}

/**
 * Says, in a browser, which file threads run. Call it once in the page, before the first start.
 *
 *     threadsRun(() => new Worker(new URL("./threads.js", import.meta.url), { type: "module" }));
 *
 * Write the call in just this form, because bundlers look for it and make a file of its own of
 * `threads.js`. That file imports `@x/threading/worker` first, and then each module that exposes
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
