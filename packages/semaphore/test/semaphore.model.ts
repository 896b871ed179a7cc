import {
  catches,
  Explorer,
  holds,
  type Model,
  MODEL_TIMEOUT,
  overtaking,
  type StateView,
  type ThreadOfModel,
} from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./semaphore.bodies.mjs", import.meta.url);

const WORDS = ["STATE", "STATE epoch", "STARVING", "STARVING epoch", "LEASE_END", "INITIAL"];
const GATE = WORDS.map((word) => `gate ${word}`);

const WAITED = 1;
const STARVED = 2;
const permits = (view: StateView) => view.word("STATE") >> 2;

function format(word: string, value: number): string {
  if (!word.endsWith("STATE")) return String(value);
  return String(value >> 2) + (value & WAITED ? " WAITED" : "") + (value & STARVED ? " STARVED" : "");
}

/** Threads over a semaphore of `value` permits. At the end `left` permits are free or taken, minus the given ones. */
function model(
  name: string,
  [value, left]: readonly [value: number, left: number],
  threads: readonly ThreadOfModel[],
  more: Partial<Model> = {},
): Model {
  return {
    name,
    setup: { body: "make", args: { value } },
    threads,
    words: [...WORDS, ...GATE],
    notes: ["inside", "taken", "given", "stuck"],
    available: (view) => permits(view) > 0,
    invariant: (view) => (permits(view) < 0 ? "a negative number of permits" : view.faultOfPromises()),
    final: (view) => {
      const now = permits(view) + view.note("taken") - view.note("given");
      return now === left ? undefined : `there are ${now} permits, not ${left}`;
    },
    format,
    ...more,
  };
}

const user = (args: object = {}): ThreadOfModel => ({ body: "user", args });
const asyncUser = (args: object = {}): ThreadOfModel => ({ body: "asyncUser", args });
const taker = (args: object = {}): ThreadOfModel => ({ body: "taker", args });
const asyncTaker = (args: object = {}): ThreadOfModel => ({ body: "asyncTaker", args });
const giver = (args: object = {}): ThreadOfModel => ({ body: "giver", args });

/** A thread is woken in time, and finds its time over. */
const LATE = { ticks: [6] };
/** Enough time for a waiter to starve, then for a lease to expire. */
const TICKS = { ticks: [1.5, 3] };
const within = (preemptions: number) => ({ preemptions });

const two = { permits: 2 };

/** No thread overtakes a starving waiter. */
const fair = {
  change: overtaking({ state: "STATE", starving: "STARVING", leaseEnd: "LEASE_END" }, (word) => word >> 2),
};

/** The last starving waiter leaves a permit, and no other thread waits. */
const leftByStarving = model("no lease after the last starving waiter", [0, 2], [{ body: "triesAlone" }, taker()], {
  ...TICKS,
  final: () => undefined,
});

/** A model in which one thread may die. Its permits are lost, and no thread waits while a permit is free. */
const mortal: typeof model = (name, [value], threads, more) =>
  model(name, [value, value], threads, {
    deaths: 1,
    preemptions: 1,
    livingOnly: ["inside"],
    mayWait: (view) => permits(view) === 0,
    final: () => undefined,
    ...more,
  });

/** A release overtakes a starving waiter that takes a permit. The next starving waiter is a promise of a blocked thread. */
const stuckStarving = model(
  "the lease of a promise of a blocked thread expires",
  [0, 0],
  [{ body: "polls", quiet: true }, { body: "awaitsAndBlocks", args: { turns: 2 }, quiet: true }, taker()],
  { setup: { body: "makeWithGate" }, final: () => undefined, ...within(1) },
);

const tasksGivenOneByOne = model(
  "two tasks, permits given one by one",
  [0, 2],
  [giver({ times: 2 }), asyncTaker({ tasks: 2 })],
);

describe("every schedule of Semaphore", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 4)));
  afterAll(() => explorer.close());

  it.each([
    model("one permit, two threads", [1, 1], [user(), user()]),
    model("one permit, three threads", [1, 1], [user(), user(), user()], within(4)),
    model("two permits, three threads", [2, 2], [user(two), user(two), user(two)], within(4)),
    model("one permit, two threads, time passes", [1, 1], [user(), user()], TICKS),
    model("one permit, three threads, time passes", [1, 1], [user(), user(), user()], {
      ...within(2),
      ...fair,
      ...TICKS,
    }),
    model("one permit, a timeout", [1, 1], [user(), user({ timeout: 5 }), user()], { ...within(2), ...LATE }),
    model("one permit, timeouts of 0", [1, 1], [user({ timeout: 0 }), user({ timeout: 0 }), user()], within(4)),
    model("one permit, a promise", [1, 1], [user(), asyncUser()], TICKS),
    model("one permit, a promise and two threads", [1, 1], [user(), asyncUser(), user()], within(3)),
    model("two permits at once for two threads", [0, 2], [giver({ n: 2 }), taker(), taker()]),
    model("two permits at once for two threads, time passes", [0, 2], [giver({ n: 2 }), taker(), taker()], {
      ...within(3),
      ...fair,
      ...TICKS,
    }),
    model("permits one by one for two threads, time passes", [0, 2], [giver({ times: 2 }), taker(), taker()], {
      ...within(2),
      ...fair,
      ...TICKS,
    }),
    model("permits from two threads for two threads", [0, 2], [giver(), giver(), taker(), taker()], within(3)),
    model(
      "two permits at once for a thread and a promise",
      [0, 2],
      [giver({ n: 2 }), taker(), asyncTaker()],
      within(4),
    ),
    model("two permits at once for two tasks", [0, 2], [giver({ n: 2 }), asyncTaker({ tasks: 2 })], TICKS),
    tasksGivenOneByOne,
    model(
      "three permits at once for two tasks and a thread",
      [0, 3],
      [giver({ n: 3 }), asyncTaker({ tasks: 2 }), taker()],
      within(3),
    ),
    model("a timeout loses no permit", [0, 2], [giver({ times: 2 }), taker({ timeout: 5 }), taker()], {
      ...within(2),
      ...LATE,
    }),
    model("an abort loses no permit", [0, 2], [giver({ n: 2 }), asyncTaker({ abortable: true }), taker()], within(4)),
    model(
      "an abort loses no permit, time passes",
      [0, 2],
      [giver({ n: 2 }), asyncTaker({ abortable: true }), taker()],
      {
        ...within(2),
        ...TICKS,
      },
    ),
    stuckStarving,
    leftByStarving,
  ])("$name", (model) => void holds(explorer, model));

  const maker: ThreadOfModel = { body: "maker", args: { value: 2 } };
  it.each([
    {
      ...model("two threads make the same semaphore", [2, 2], [maker, maker], {}),
      setup: { body: "nothing" },
    },
  ])("$name", (model) => void holds(explorer, model));
});

describe("every schedule of a Semaphore of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    mortal("one permit, two threads", [1, 1], [user(), user()]),
    mortal("two permits, three threads", [2, 2], [user(two), user(two), user(two)]),
    mortal("two permits at once for two threads", [0, 2], [giver({ n: 2 }), taker(), taker()], {
      ...within(2),
      urgent: true,
    }),
    mortal("permits one by one for two threads", [0, 2], [giver({ times: 2 }), taker(), taker()], within(0)),
    mortal("two permits at once for a thread and a promise", [0, 2], [giver({ n: 2 }), taker(), asyncTaker()], {
      urgent: true,
    }),
    mortal("two permits at once for two tasks", [0, 2], [giver({ n: 2 }), asyncTaker({ tasks: 2 })]),
  ])("$name", (model) => void holds(explorer, model));
});

const bounded = (n: number): ThreadOfModel => ({ body: "boundedGiver", args: { n } });
const boundedTaker: ThreadOfModel = { body: "boundedTaker" };

describe("every schedule of BoundedSemaphore", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  const most = (value: number) => ({
    setup: { body: "makeBounded", args: { value } },
    invariant: (view: StateView) => (permits(view) > value ? "more permits than at first" : view.faultOfPromises()),
  });
  it.each([
    model("too many releases", [1, 1], [boundedTaker, bounded(1), bounded(1)], most(1)),
    model("a release of too many permits", [2, 2], [boundedTaker, bounded(2), bounded(1)], most(2)),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Semaphore that", { timeout: MODEL_TIMEOUT }, () => {
  it.each([
    {
      name: "wakes one waiter for two permits",
      breakages: [
        {
          package: "core",
          replace: "released(words, at, now, n);",
          by: "released(words, at, now, 1);",
        },
      ],
      by: model("threads", [0, 2], [giver({ n: 2 }), taker(), taker()]),
    },
    {
      name: "takes a permit by a blind store",
      breakages: [
        {
          package: "core",
          replace: "compareExchange(words, at, was, was - one) === was",
          by: "Atomics.store(words, at, was - one) === was - one",
        },
      ],
      by: model("threads", [1, 1], [user(), user()]),
    },
    {
      name: "never drops a pending promise",
      breakages: [
        { package: "core", replace: "if (this.#pending) this.wake(); else queues", by: "if (!this.#pending) queues" },
      ],
      by: tasksGivenOneByOne,
    },
    {
      name: "does not register its blocked waits, so that wake-ups die with a thread",
      breakages: [{ package: "core", replace: "blockedWait?.enter(step.value);", by: "" }],
      by: mortal("threads", [0, 2], [giver({ n: 2 }), taker(), taker()]),
    },
    {
      name: "does not lease the rest to the next starving waiter",
      breakages: [
        {
          package: "core",
          replace: "if (claim(taken >> SHIFT) !== REFUSED) released(words, at, taken, 1);",
          by: "",
        },
      ],
      by: leftByStarving,
    },
    {
      name: "leases nothing to starving waiters",
      breakages: [
        {
          package: "core",
          replace: "return !mayBarge(word) && leaseLeft(words, at) > 0;",
          by: "return false;",
        },
      ],
      by: model("threads", [1, 1], [user({ times: 2 }), user(), user()], { ...within(2), ...fair, ...TICKS }),
    },
    {
      name: "leases for ever",
      breakages: [
        {
          package: "core",
          replace: "until === UNDECIDED ? fromNow : until",
          by: "until === UNDECIDED ? newLeaseEnd() : until",
        },
        {
          package: "core",
          replace: "Atomics.compareExchange(words, at + LEASE_END, UNDECIDED, fromNow)",
          by: "Atomics.load(words, at + LEASE_END)",
        },
      ],
      by: stuckStarving,
    },
    {
      name: "checks its limit apart from the release",
      breakages: [
        {
          package: "core",
          replace: "compareExchange(words, at, was, now) === was",
          by: "Atomics.add(words, at, n << SHIFT) !== Infinity",
        },
      ],
      by: model("threads", [1, 1], [boundedTaker, bounded(1), bounded(1)], {
        setup: { body: "makeBounded", args: { value: 1 } },
        invariant: (view: StateView) => (permits(view) > 1 ? "more permits than at first" : undefined),
      }),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
