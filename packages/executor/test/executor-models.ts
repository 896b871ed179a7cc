/** The models of a ThreadPoolExecutor, for executor.model.ts and executor-deaths.model.ts. */
import type { Model, StateView, ThreadOfModel } from "@x/testkit";

export const BODIES = new URL("./executor.bodies.mjs", import.meta.url);

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name} ${i}`);
/** Words for the slots of workers, submitters, callables and the tasks of a model. */
const ROOM = 400;
const WORDS = [
  ...["lock", "lock epoch", "lock starving", "lock starving epoch", "lock lease end", "FLAGS"],
  ...["MAX_WORKERS", "MIN_WORKERS", "MAX_PENDING", "IDLE_MS", "TASKS_PER_WORKER", "RECYCLE_AFTER", "IDS", "PENDING"],
  ...["RUNNING", "COMPLETED", "FAILED", "CANCELLED", "TABLE", "HIGH", "FREE", "LEVELS", "WORKERS", "ALIVE", "IDLE"],
  ...["SUBMITTERS", "CALLABLES", "SETUP", "FAILURE", "SPINNER", "PREFIX", ...numbered("WAIT_TIME", 32)],
  ...[
    ...numbered("RUN_TIME", 32),
    "ROOM",
    "ROOM epoch",
    "ROOM_WAITERS",
    "END",
    "END epoch",
    "END_WAITERS",
    "UNREADY",
    "MOVING",
  ],
  ...["BYTES", "STORE END", ...numbered("FREE CLASS", 27)],
  ...numbered("block word", ROOM),
  ...numbered("start", 3),
];

const isShut = (view: StateView): boolean => view.word("FLAGS") !== 0;
const ended = (view: StateView): number =>
  view.note("results") + view.note("cancelled") + view.note("died") + view.note("late") + view.note("broken");

/** Workers may wait while no task is pending; nothing else may wait, unless a worker is being started. */
function mayWait(view: StateView): boolean {
  if (view.waiting("lock") + view.waiting("lock starving") > 0) return false;
  if (view.note("launched") > 0) return true;
  if (view.word("PENDING") > 0 || isShut(view)) return false;
  return view.note("submitted") === ended(view);
}

/** Each task has ended once. */
function noneLost(view: StateView): string | undefined {
  const owner = view.word("lock") >> 2;
  if (owner !== 0 && !view.isDead(owner)) return "the lock is held";
  if (view.note("launched") > 0) return undefined;
  const [submitted, all] = [view.note("submitted"), ended(view)];
  if (submitted !== all) return `${submitted} tasks were submitted, ${all} have ended`;
  return view.word("RUNNING") === 0 || owner !== 0 ? undefined : `${view.word("RUNNING")} tasks run`;
}

const NOTES = [
  "submitted",
  "results",
  "read",
  "cancelled",
  "cancels",
  "died",
  "broken",
  "late",
  "left",
  "closed",
  "launched",
];

export function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    setup: { body: "make" },
    threads,
    words: WORDS,
    notes: NOTES,
    preemptions: 1,
    available: () => true,
    mayWait,
    invariant: (view) => view.faultOfPromises(),
    final: noneLost,
    maxSteps: 3000,
    ...more,
  };
}

const thread =
  (body: string) =>
  (args: object = {}): ThreadOfModel => ({ body, args });
export const worker = thread("worker");
export const submitter = thread("submitter");
export const asyncSubmitter = thread("asyncSubmitter");
export const closer = thread("closer");
export const canceller = thread("canceller");
export const pinner = thread("pinner");
export const shutter = thread("shutter");

export const lateSubmitter = thread("lateSubmitter");
export const lateCloser = thread("lateCloser");
const launched = thread("launched");
const sender = thread("sender");
const reader = thread("reader");

export const quiet = (thread: ThreadOfModel): ThreadOfModel => ({ ...thread, quiet: true });
export const made = (args: object): Partial<Model> => ({ setup: { body: "make", args } });

export const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model =>
  model(name, threads, {
    deaths: 1,
    preemptions: 0,
    urgent: true,
    mayWait: (view) =>
      view.isDead(view.word("lock") >> 2) ||
      mayWait(view) ||
      threads.some((t, i) => t.body !== "worker" && view.isDead(i + 1)),
    final: (view) => (threads.some((t, i) => t.body !== "worker" && view.isDead(i + 1)) ? undefined : noneLost(view)),
    ...more,
  });

/**
 * Threads launch the workers, and one of them may die before and after it does. The last threads are the workers.
 *
 * @param mortal the number of the thread that may die
 */
export function launching(
  name: string,
  mortal: number,
  first: readonly ThreadOfModel[],
  more: Partial<Model> = {},
): Model {
  const launches = [2, 3, 4].filter((number) => number > first.length);
  const starters = first.map(({ body, args, ...rest }) => ({ ...rest, body, args: { ...(args as object), launches } }));
  const workers = launches.map((number, n) => {
    const worker = launched({ n, launches });
    return number === mortal ? worker : quiet(worker);
  });
  return model(name, [...starters, ...workers], {
    ...made({ workers: [], maxWorkers: 1 }),
    deaths: 1,
    preemptions: 0,
    urgent: true,
    livingOnly: ["submitted", "results", "died"],
    mayDie: (_, number) => number === mortal,
    mayWait: (view) =>
      view.note("submitted") === ended(view) &&
      (!isShut(view) || view.note("closed") > 0) &&
      (view.word("PENDING") === 0 || view.isDead(view.word("lock") >> 2)),
    final: (view) => (view.note("submitted") === ended(view) ? undefined : "a task of a living thread has not ended"),
    ...more,
  });
}

/** The first worker may die, and each leaves after a task: it launches the next worker. */
export const leaving = (name: string, first: readonly ThreadOfModel[]): Model =>
  launching(name, first.length + 1, first, made({ workers: [], maxWorkers: 1, recycleAfter: 1 }));

/** Thread 1 sends the future of its task to `count` readers. At the end its record is freed, unless a thread has died. */
export function reading(name: string, count: number, more: Partial<Model> = {}): Model {
  const readers = Array.from({ length: count }, (_, n) => reader({ n }));
  const [first, last] = [2, 1 + count];
  const dead = (view: StateView): number[] => [1, ...readers.map((_, n) => first + n)].filter((n) => view.isDead(n));
  /** Its thread has died between the message and the wake, or before. */
  const isUnsent = (view: StateView, n: number): boolean =>
    view.isDead(1) && (view.word(`start ${n}`) === 0 || view.waiting(`start ${n}`) > 0);
  const haveRead = (view: StateView): boolean =>
    view.note("read") >= readers.filter((_, n) => !view.isDead(first + n) && !isUnsent(view, n)).length;
  const mayWaitFor = (view: StateView): boolean =>
    view.note("launched") > 0 ||
    view.isDead(view.word("lock") >> 2) ||
    (haveRead(view) && (view.isDead(1) || mayWait(view)));
  return model(name, [sender({ readers: count }), ...readers, worker()], {
    ...made({ workers: [last + 1] }),
    livingOnly: ["read"],
    mayWait: mayWaitFor,
    final: (view) => {
      if (view.note("launched") > 0) return undefined;
      if (!haveRead(view)) return "a reader has no result";
      if (dead(view).length > 0) return undefined;
      return noneLost(view) ?? (view.word("HIGH") === 1 && view.word("FREE") === 1 ? undefined : "the record stays");
    },
    ...more,
  });
}
