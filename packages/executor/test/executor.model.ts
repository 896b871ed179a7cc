import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./executor.bodies.mjs", import.meta.url);

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

const NOTES = ["submitted", "results", "cancelled", "cancels", "died", "broken", "late", "left", "closed", "launched"];

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
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
const worker = thread("worker");
const submitter = thread("submitter");
const asyncSubmitter = thread("asyncSubmitter");
const closer = thread("closer");
const canceller = thread("canceller");
const pinner = thread("pinner");
const shutter = thread("shutter");

const lateSubmitter = thread("lateSubmitter");
const lateCloser = thread("lateCloser");
const launched = thread("launched");

const quiet = (thread: ThreadOfModel): ThreadOfModel => ({ ...thread, quiet: true });
const made = (args: object): Partial<Model> => ({ setup: { body: "make", args } });

const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model =>
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
function launching(name: string, mortal: number, first: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
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
const leaving = (name: string, first: readonly ThreadOfModel[]): Model =>
  launching(name, first.length + 1, first, made({ workers: [], maxWorkers: 1, recycleAfter: 1 }));

describe("every schedule of ThreadPoolExecutor", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("a submitter and a worker", [submitter(), worker()], { preemptions: 3 }),
    model("two tasks and a worker", [submitter({ tasks: [1, 2] }), worker()], { preemptions: 2 }),
    model("two workers", [submitter({ tasks: [1, 2] }), worker(), worker({ slot: 1 })], made({ workers: [2, 3] })),
    model("two submitters", [submitter(), submitter(), worker()], made({ workers: [3] })),
    model("a task that is awaited", [asyncSubmitter(), worker()], { preemptions: 2 }),
    model("two tasks that are awaited", [asyncSubmitter({ tasks: [1, 2] }), worker()]),
    model("a cancel", [submitter({ tasks: [1, 2], cancels: [0, 1] }), worker()], { preemptions: 2 }),
    model("a cancel of all tasks", [submitter({ tasks: [1, 2] }), canceller(), worker()], made({ workers: [3] })),
    model("a timeout", [submitter({ timeout: 5 }), worker()], { ticks: [6] }),
    model("a full executor", [submitter({ tasks: [1, 2] }), worker()], { ...made({ maxPending: 1 }), preemptions: 2 }),
    model("a full executor, two submitters", [submitter(), submitter({ tasks: [2] }), worker()], {
      ...made({ workers: [3], maxPending: 1 }),
    }),
    model("a shutdown after the submits", [submitter({ shuts: true }), worker()], { preemptions: 2 }),
    model("a task pinned to a worker", [pinner(), worker()], { preemptions: 2 }),
    model("a task pinned to each worker", [pinner(), worker(), worker({ slot: 1 })], made({ workers: [2, 3] })),
    model("a pinned task beside another", [pinner(), submitter(), worker()], made({ workers: [3] })),
    model("a pinned task and a shutdown", [pinner({ mayFail: true }), shutter(), worker()], made({ workers: [3] })),
    model("a shutdown of two workers", [closer(), worker(), worker({ slot: 1 })], made({ workers: [2, 3] })),
  ])("$name", (model) => void holds(explorer, model));
});

describe("F090, F093: every schedule of a ThreadPoolExecutor of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    mortal("a submitter and a worker", [submitter(), worker()], { preemptions: 1 }),
    mortal("two tasks and a worker", [submitter({ tasks: [1, 2] }), worker()]),
    mortal(
      "two workers",
      [quiet(submitter({ tasks: [1, 2] })), worker(), quiet(worker({ slot: 1 }))],
      made({ workers: [2, 3] }),
    ),
    mortal(
      "two workers and a task",
      [quiet(submitter()), worker(), quiet(worker({ slot: 1 }))],
      made({ workers: [2, 3] }),
    ),
    mortal("a submitter that dies", [submitter(), quiet(submitter({ tasks: [2] })), quiet(worker())], {
      ...made({ workers: [3] }),
      mayDie: (_, number) => number === 1,
    }),
    mortal("a task that is awaited", [asyncSubmitter(), worker()]),
    mortal("a cancel", [submitter({ tasks: [1, 2], cancels: [1] }), worker()]),
    mortal("a full executor", [submitter({ tasks: [1, 2] }), worker()], made({ maxPending: 1 })),
    mortal("a pinned task", [pinner(), worker()], { preemptions: 1 }),
    mortal("a shutdown", [quiet(closer()), worker(), quiet(worker({ slot: 1 }))], made({ workers: [2, 3] })),
  ])("$name", (model) => void holds(explorer, model));
});

describe(
  "every schedule of threads that launch the worker, and die before or after it",
  { timeout: MODEL_TIMEOUT },
  () => {
    let explorer: Explorer;
    beforeAll(async () => void (explorer = await Explorer.open(BODIES, 4)));
    afterAll(() => explorer.close());

    it.each([
      launching("one submitter dies, another blocks", 1, [submitter(), quiet(submitter({ tasks: [2] }))]),
      launching("one submitter dies, another awaits", 1, [submitter(), quiet(lateSubmitter())]),
      launching("one submitter dies, another awaits room", 1, [submitter(), quiet(lateSubmitter())], {
        ...made({ workers: [], maxWorkers: 1, maxPending: 1 }),
      }),
      launching("a submitter dies, a thread shuts down", 1, [submitter({ mayFail: true }), quiet(lateCloser())]),
      leaving("a worker that leaves", [quiet(submitter({ tasks: [1, 2] }))]),
      leaving("a worker that leaves, awaited", [asyncSubmitter({ tasks: [1, 2] })]),
    ])("$name", (model) => void holds(explorer, model));
  },
);

describe("the explorer catches a ThreadPoolExecutor that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string) => [{ package: "executor", replace, by }];

  it.each([
    {
      name: "wakes without a change of the word",
      breakages: broken("Atomics.add(words, index, 1);\n    this.#wakes", "this.#wakes"),
      by: model("a submitter and a worker", [submitter(), worker()]),
    },
    {
      name: "waits without a word that it does",
      breakages: broken("records.set(owner, IS_WAITING, 1);", ""),
      by: model("a submitter and a worker", [submitter(), worker()]),
    },
    {
      name: "does not repair the lists of a dead owner",
      breakages: broken("records.repair(this.#pinnedLevels());", ""),
      by: mortal("two tasks and a worker", [submitter({ tasks: [1, 2] }), worker()]),
    },
    {
      name: "does not end the tasks of the dead",
      breakages: broken("records.end(task, DIED, ident);", "records.length(task);"),
      by: mortal("a submitter and a worker", [submitter(), worker()]),
    },
    {
      name: "leaves the task that was pinned to a worker which ends",
      breakages: broken("(task = this.firstPinned(slot))", "(task = 0)"),
      by: mortal("a pinned task", [pinner(), worker()], { preemptions: 1 }),
    },
    {
      name: "calls no other worker after the death of the called worker",
      breakages: broken("if (isAnyDead) this.#callIdle();", ""),
      by: mortal(
        "two workers and a task",
        [quiet(submitter()), worker(), quiet(worker({ slot: 1 }))],
        made({ workers: [2, 3] }),
      ),
    },
    {
      name: "does not wake the worker to which it pins a task",
      breakages: broken("=== IDLE2) this.#call(slot);", "=== IDLE2) this.#busy(slot);"),
      by: model("a task pinned to a worker", [pinner(), worker()], { preemptions: 2 }),
    },
    {
      name: "awaits room without a look at the deaths before",
      breakages: broken("|| this.submitter.lookAtDeaths()) continue;", ") continue;"),
      by: launching("one submitter dies, another awaits room", 1, [submitter(), quiet(lateSubmitter())], {
        ...made({ workers: [], maxWorkers: 1, maxPending: 1 }),
      }),
    },
    {
      name: "awaits a result without a look at the deaths before",
      breakages: broken("if (this.lookAtDeaths()) continue;", ""),
      by: launching("one submitter dies, another awaits", 1, [submitter(), quiet(lateSubmitter())]),
    },
    {
      name: "awaits the end without a look at the deaths before",
      breakages: broken("this.lookAtDeaths();", ""),
      by: launching("a submitter dies, a thread shuts down", 1, [submitter({ mayFail: true }), quiet(lateCloser())]),
    },
    {
      name: "looks for new workers only after the death of a worker",
      breakages: broken("isAnyDead || this.records.head(ALIVE) === 0 ?", "isAnyDead ?"),
      by: leaving("a worker that leaves", [quiet(submitter({ tasks: [1, 2] }))]),
    },
    {
      name: "throws the error of a dead owner",
      breakages: broken("if (!(error instanceof OwnerDiedError)) throw error;", "throw error;"),
      by: mortal("a submitter and a worker", [submitter(), worker()]),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
