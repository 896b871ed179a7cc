import { Explorer, holds, type Model, MODEL_TIMEOUT } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  BODIES,
  worker,
  submitter,
  asyncSubmitter,
  closer,
  pinner,
  lateSubmitter,
  lateCloser,
  quiet,
  made,
  mortal,
  launching,
  leaving,
  reading,
} from "./executor-models.js";

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

describe("every schedule of threads with a future of one task", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 4)));
  afterAll(() => explorer.close());

  const dying = (name: string, mortal: number): Model =>
    reading(name, 1, { deaths: 1, preemptions: 0, urgent: true, mayDie: (_, number) => number === mortal });

  it.each([
    reading("two readers", 2),
    dying("the submitter dies", 1),
    dying("the reader dies", 2),
    dying("the worker dies", 3),
  ])("$name", (model) => void holds(explorer, model));
});
