/**
 * Feeds the supervisor with deaths of faked workers, as many as the first argument says. The
 * supervisor is the real one, and runs in this thread. Only its platform is faked: a real death
 * costs a worker, and so tens of milliseconds.
 *
 * Prints a line of JSON for each ninth of them, with the memory of the process. The last line says
 * what the supervisor still holds although all threads have ended.
 */
import { makeWorkersBy } from "./platform.js"; // before host.ts
import { allocate } from "@x/core";
import { hasDied } from "@x/core/internal";
import { host } from "../../src/platform/host.js";
import { newHealth } from "../../src/protocol/health.js";
import { newNews, takeNews } from "../../src/protocol/news.js";
import { blockedWaits } from "../../src/supervisor/blocked-threads.js";
import { clients } from "../../src/supervisor/clients.js";
import { deathActions } from "../../src/supervisor/death-actions.js";
import { deathReports } from "../../src/supervisor/deaths.js";
import { supervise } from "../../src/supervisor/supervisor.js";
import { pending } from "../../src/supervisor/timers.js";
import { workerRecords } from "../../src/supervisor/worker-records.js";
import { isAlive } from "../../src/table/entries.js";
import { getExitWaiter } from "../../src/table/exit-waiter.js";
import { allThreads } from "../../src/table/searches.js";
import { Client, main, outcomesAwaited, setMain, started } from "./client.js";
import { ENDS } from "./ends.js";
import { fakedWorker } from "./faked-worker.js";

const PARTS = 9;

/** Threads of each end at a time. */
const AT_ONCE = 4;

/** A batch takes milliseconds. */
const STUCK_MS = 15_000;

/** How long the last messages may take. */
const REST_MS = 2000;

/** The supervisor stores the last 4096 outcomes: more deaths than these come before the first sample. */
const WARM_UP = 5000;

/**
 * Before each sample: longer than a request waits for an outcome in transit, 1 s, and than the
 * supervisor waits before it makes a spare worker.
 */
const PAUSE_MS = 1100;

const { gc } = globalThis as { gc?: () => void };

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

makeWorkersBy(fakedWorker);
const [mine, theirs] = host().openChannel();
const news = newNews();
supervise({
  ...{ role: "supervisor", port: theirs, execArgv: [], exitWaiter: getExitWaiter(), sharedValues: new Map() },
  ...{ knownDeaths: 0, health: newHealth(), news },
});
setMain(new Client(mine, 0));
host().listen(mine, true, (message) => {
  takeNews(news);
  main().receive(message);
});

let deaths = 0;

/** Starts threads of all ends, and waits until they have ended. */
async function batch(): Promise<void> {
  for (let n = 0; n < AT_ONCE; n++) for (const how of ENDS) main().start(how);
  const since = performance.now();
  while (started.size > 0 || outcomesAwaited > 0) {
    await turn();
    for (const [entry, dies] of started) {
      if (isAlive(entry)) continue;
      if (hasDied(entry.ident) !== dies) throw new Error(`thread ${entry.ident} ${dies ? "did not die" : "has died"}`);
      if (dies) deaths++;
      started.delete(entry);
      askAbout(entry.ident);
    }
    if (performance.now() - since < STUCK_MS) continue;
    throw new Error(
      `not ended after ${STUCK_MS / 1000} s: ${JSON.stringify(allThreads())}; ${outcomesAwaited} outcomes are missing`,
    );
  }
}

/** Asks what other threads may ask about a thread that has ended, and about an unknown one. */
function askAbout(ident: number): void {
  main().ask({ ask: "death record", ident, reply: allocate(8) });
  main().ask({ ask: "outcome", ident: ident + 1, reply: allocate(8) }); // an odd ident: of no thread
  main().ask({ ask: "put if absent", key: "shared", candidate: { value: ident, parts: [] }, reply: allocate(8) });
}

/** Collects the heap, and prints what is left. */
async function sample(): Promise<void> {
  main().ask({ ask: "report", asker: { ident: 1, tasks: [], stack: "" }, reply: allocate(8) });
  main().ask({ ask: "broadcast hooks", hooks: { value: {}, parts: [] } });
  await later(PAUSE_MS);
  gc?.();
  await turn();
  gc?.();
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  console.log(JSON.stringify({ made: deaths, rss, heap, external }));
}

/** What the supervisor holds after all threads have ended, and should not. */
function left(): Record<string, number> {
  const spares = Math.min(1, workerRecords.size);
  const all = {
    "workers besides the spare": workerRecords.size - spares,
    "clients besides main and the spare": clients.size - 1 - spares,
    "death actions": deathActions.size,
    "death reports": deathReports.size,
    "blocked waits": blockedWaits().length,
    "delayed threads": pending.size,
    "threads besides main": allThreads().length - 1,
  };
  return Object.fromEntries(Object.entries(all).filter(([, n]) => n !== 0));
}

const total = Number(process.argv[2]);

/** Lets threads die until there are so many. */
async function until(many: number): Promise<void> {
  while (deaths < many) await batch();
}

await until(WARM_UP);
deaths = 0;
for (let part = 1; part <= PARTS; part++) {
  await until((total * part) / PARTS);
  await sample();
}
for (const since = performance.now(); Object.keys(left()).length > 0 && performance.now() - since < REST_MS;)
  await turn();
console.log(JSON.stringify({ left: left() }));
process.exit();
