/**
 * A random program of threads that submit tasks to one executor, while its workers and some submitters die:
 *
 *   each future    is settled once: with the result of its own task, its error, the death of its worker, or cancelled
 *   each task      begins once at most; not at all if it is cancelled
 *   each reader    of futures of a submitter sees the same ends, also if the submitter dies
 *   the executor   has no tasks at the end, and has counted each
 */
import { enumerate, sleepAsync, terminate, Thread, ThreadPoolExecutor } from "@x/threading";
import { PART, READS, type Seen, STARTS, submitTasks } from "./executor-threads.js";
import { Random } from "./random.js";

/** What a program did. */
export interface ExecutorOutcome extends Seen {
  readonly tasks: number;
  readonly threads: number;
  readonly workerDeaths: number;
  readonly submitterDeaths: number;
}

const SUBMITTERS_MAX = 3;
const TASKS_MAX = 200;
const KILLS_MAX = 6;
/** The number of words in which workers note that they have begun. */
const NOTES = 8;
const ENDS_WITHIN_MS = 40_000;

/** Runs the program of a seed. @throws if a future is lost, doubled or wrong, or a thread fails */
export async function runExecutorProgram(seed: number, kills: boolean): Promise<ExecutorOutcome> {
  const random = new Random(seed);
  const executor = new ThreadPoolExecutor({
    maxWorkers: 1 + random.below(3),
    tasksPerWorker: random.one([1, 1, 8]),
    maxPending: random.one([Infinity, 5]),
    maxTasksPerWorker: random.one([Infinity, 20]),
  });
  const ran = new Int32Array(new SharedArrayBuffer(4 * PART * SUBMITTERS_MAX));
  const workers = new Int32Array(new SharedArrayBuffer(4 * NOTES));
  const readers = new Int32Array(new SharedArrayBuffer(4 * SUBMITTERS_MAX));
  const count = 1 + random.below(TASKS_MAX);
  const submitters = Array.from({ length: 1 + random.below(SUBMITTERS_MAX) }, (_, me) =>
    new Thread({ target: submitTasks, args: [executor, me, count, ran, workers, readers], daemon: true }).start(),
  );
  const [dead, workerDeaths] = kills ? await kill(random, submitters, workers) : [new Set<Thread>(), 0];
  const total = { values: 0, errors: 0, deaths: 0, cancelled: 0 };
  for (const submitter of submitters as Thread<Seen>[]) {
    if (dead.has(submitter)) continue;
    const seen = await submitter.resultAsync(ENDS_WITHIN_MS);
    for (const how of ["values", "errors", "deaths", "cancelled"] as const) total[how] += seen[how];
  }
  if (!(await executor.shutdownAsync({ timeout: ENDS_WITHIN_MS })))
    throw new Error(`the executor has not ended: ${String(executor)}`);
  const isRead = (me: number): boolean =>
    readers[me] === READS || (readers[me] === STARTS && !dead.has(submitters[me]!)); // a dead one may not have started it
  for (const end = performance.now() + ENDS_WITHIN_MS; submitters.some((_, me) => isRead(me)); await sleepAsync(1))
    if (performance.now() > end) throw new Error(`a reader of futures has not ended: ${String(executor)}`);
  const doubled = ran.findIndex((times) => times > 1);
  if (doubled >= 0) throw new Error(`task ${doubled} has begun ${ran[doubled]} times`);
  const { pending, running, completed, failed, cancelled } = executor.stats();
  const counted = completed + failed + cancelled;
  const asked = total.values + total.errors + total.deaths + total.cancelled;
  if (pending + running > 0 || counted < asked || (dead.size === 0 && counted !== asked))
    throw new Error(`${asked} futures were settled, ${counted} tasks are counted: ${String(executor)}`);
  return {
    ...total,
    ...{ tasks: counted, threads: submitters.length, workerDeaths, submitterDeaths: dead.size },
  };
}

/** Ends workers and submitters at any point. Returns the submitters, and the number of workers. */
async function kill(
  random: Random,
  submitters: readonly Thread[],
  workers: Int32Array,
): Promise<readonly [Set<Thread>, number]> {
  const dead = new Set<Thread>();
  let deaths = 0;
  for (let i = random.below(KILLS_MAX + 1); i > 0; i--) {
    await sleepAsync(random.below(15));
    if (random.oneIn(8)) {
      const submitter = random.one(submitters);
      if (submitter.isAlive()) dead.add(submitter);
      terminate(submitter);
      continue;
    }
    const worker = await busyWorker(random, submitters, workers);
    if (worker === undefined) break;
    terminate(worker);
    deaths++;
  }
  return [dead, deaths];
}

/** A worker that lives and has begun a task; undefined if all submitters end before there is one. */
async function busyWorker(
  random: Random,
  submitters: readonly Thread[],
  workers: Int32Array,
): Promise<Thread | undefined> {
  while (submitters.some((submitter) => submitter.isAlive())) {
    const living = enumerate().filter(({ ident }) => ident !== undefined && workers.includes(ident));
    if (living.length > 0) return random.one(living);
    await sleepAsync(1);
  }
  return undefined;
}
