/** The page of random programs: /soak.html?options={…}. */
import { dumpThreads, Thread, threadsRun } from "@x/threading";
import type { SoakOptions } from "../../../apps/soak/src/rounds.js";
import { tell } from "./protocol.js";
import { runSoak } from "./soak.js";

const options = JSON.parse(new URLSearchParams(location.search).get("options")!) as SoakOptions;

/** For suites.ts: the waits of all threads. */
(globalThis as unknown as { dump: () => string }).dump = dumpThreads;

/** An error with the errors in it. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors.map(textOf) : [];
  return [`${error.name}: ${error.message}`, error.stack, ...inner].join("\n");
}

threadsRun(() => new Worker("./soak-worker.js", { type: "module" }));
new Thread({ target: runSoak, args: [options], name: "soak" })
  .start()
  .resultAsync()
  .then(
    (report) => tell("/told", { report }),
    (error: unknown) => tell("/told", { failed: textOf(error) }),
  );
