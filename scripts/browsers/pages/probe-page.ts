/** The page of a probe: /probe.html?program=results.mjs&arg=awaited. Leaves its answer in `globalThis.result`. */
import { Thread, threadsRun } from "@x/threading";
import { runProbe } from "./probe.js";

const program = new URLSearchParams(location.search).get("program")!;
const address = `./probes/${program.replace(".mjs", ".js")}${location.search}`;

threadsRun(() => new Worker(address, { type: "module" }));
(globalThis as { result?: unknown }).result = new Thread({ target: runProbe, name: "main" })
  .start()
  .resultAsync()
  .catch((error: unknown) => `no: ${String(error)}`);
