import { catches, Explorer, holds, MODEL_TIMEOUT } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  BODIES,
  model,
  worker,
  submitter,
  asyncSubmitter,
  closer,
  canceller,
  pinner,
  shutter,
  lateSubmitter,
  lateCloser,
  quiet,
  made,
  mortal,
  launching,
  leaving,
  reading,
} from "./executor-models.js";

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
    reading("a future in another thread", 1),
  ])("$name", (model) => void holds(explorer, model));
});

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
      name: "rings only the submitter of a task whose future another thread has",
      breakages: broken("this.#ringsAll = true;", ";"),
      by: reading("a future in another thread", 1),
    },
    {
      name: "frees the record that another thread will read",
      breakages: broken("if (!records.hasReaders(", "if (true || records.hasReaders("),
      by: reading("a future in another thread", 1),
    },
    {
      name: "counts no reader",
      breakages: broken("READERS) + 1);", "READERS));"),
      by: reading("a future in another thread", 1),
    },
    {
      name: "throws the error of a dead owner",
      breakages: broken("if (!(error instanceof OwnerDiedError)) throw error;", "throw error;"),
      by: mortal("a submitter and a worker", [submitter(), worker()]),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
