import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./event.bodies.mjs", import.meta.url);

const SET = 1;
const WAITED = 2;
const countOf = (word: number) => word >> 2;

function format(word: string, value: number): string {
  if (word !== "STATE") return String(value);
  return `#${countOf(value)}${value & SET ? " SET" : ""}${value & WAITED ? " WAITED" : ""}`;
}

/** A waiter may still wait only if no thread set the event since the waiter read the count, after the flag. */
function onlyLatecomersWait(view: StateView): boolean {
  return view.state.threads.every((_, index) => {
    if (view.done(index + 1)) return true;
    const loads = [...view.history(index + 1)].filter(({ op, word }) => op === "load" && word === "STATE").reverse();
    const came = loads[1]?.result;
    return came !== undefined && countOf(came) === countOf(view.word("STATE"));
  });
}

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    threads,
    words: ["STATE", "STATE epoch"],
    notes: ["sets", "signalled", "late"],
    available: () => true,
    mayWait: onlyLatecomersWait,
    invariant: (view) => view.faultOfPromises(),
    format,
    ...more,
  };
}

const waiter = (args: object = {}): ThreadOfModel => ({ body: "waiter", args });
const asyncWaiter = (args: object = {}): ThreadOfModel => ({ body: "asyncWaiter", args });
const pulser = (args: object = {}): ThreadOfModel => ({ body: "pulser", args });
const setter: ThreadOfModel = { body: "setter" };

/** A thread is woken in time, and finds its time over. */
const LATE = { ticks: [6] };
/** A thread sets the event for good: no waiter may be left. */
const NO_WAITER_LEFT = { mayWait: () => false };

describe("every schedule of Event", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("set", [waiter(), setter], NO_WAITER_LEFT),
    model("set, two waiters", [waiter(), waiter(), setter], NO_WAITER_LEFT),
    model("set by two threads at the same time", [waiter(), setter, setter], NO_WAITER_LEFT),
    model("set and cleared at once", [waiter(), pulser()]),
    model("set and cleared at once, two waiters", [waiter(), waiter(), pulser()]),
    model("set and cleared twice", [waiter(), waiter(), pulser({ times: 2 })]),
    model("set and cleared by two threads", [waiter(), pulser(), pulser()]),
    model("cleared while another thread sets", [waiter(), setter, pulser()]),
    model("a timeout", [waiter({ timeout: 5 }), waiter(), pulser()], { preemptions: 3, ...LATE }),
    model("a timeout of 0", [waiter({ timeout: 0 }), waiter(), setter], NO_WAITER_LEFT),
    model("a promise", [asyncWaiter(), setter], NO_WAITER_LEFT),
    model("a promise, set and cleared at once", [asyncWaiter(), pulser()]),
    model("a promise and a thread, set and cleared at once", [asyncWaiter(), waiter(), pulser()]),
    model("two promises, set and cleared at once", [asyncWaiter(), asyncWaiter(), pulser()], { preemptions: 4 }),
    model("two tasks", [asyncWaiter({ tasks: 2 }), setter], NO_WAITER_LEFT),
    model("two tasks, set and cleared before", [asyncWaiter({ tasks: 2 }), pulser({ forGood: true })], NO_WAITER_LEFT),
    model("an abort", [asyncWaiter({ tasks: 2, abortable: true }), waiter(), setter], {
      ...NO_WAITER_LEFT,
      preemptions: 4,
    }),
    model("a promise with a timeout", [asyncWaiter({ timeout: 5 }), pulser()], LATE),
  ])("$name", (model) => void holds(explorer, model));
});

/** A model in which one thread may die. */
const mortal = (name: string, threads: readonly ThreadOfModel[]) => model(name, threads, { deaths: 1, preemptions: 2 });

describe("every schedule of an Event of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    mortal("set", [waiter(), setter]),
    mortal("set, two waiters", [waiter(), waiter(), setter]),
    mortal("set by two", [waiter(), setter, setter]),
    mortal("set and cleared at once", [waiter(), waiter(), pulser()]),
    mortal("a timeout", [waiter({ timeout: 5 }), waiter(), setter]),
    mortal("a promise and a thread", [asyncWaiter(), waiter(), setter]),
    mortal("two tasks", [asyncWaiter({ tasks: 2 }), setter]),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches an Event that", { timeout: MODEL_TIMEOUT }, () => {
  it.each([
    {
      name: "compares the flag instead of the count",
      breakages: [{ package: "event", replace: "&& was >> COUNT_BITS === count", by: "" }],
      by: model("threads", [waiter(), pulser()]),
    },
    {
      name: "counts a set of a set event",
      breakages: [{ package: "event", replace: "if ((was & SET) !== 0) return;", by: "" }],
      by: model("threads", [setter, setter], {
        final: (view) => (countOf(view.word("STATE")) === 1 ? undefined : "set twice without being cleared"),
      }),
    },
    {
      name: "does not register its blocked waits, so that a wake-up dies with a thread",
      breakages: [{ package: "core", replace: "blockedWait?.enter(step.value);", by: "" }],
      by: mortal("threads", [waiter(), setter]),
    },
    {
      name: "does not wake tasks after a death",
      breakages: [{ package: "core", replace: "for (const word of [...awaited]) word.recheck();", by: "" }],
      by: mortal("threads", [asyncWaiter(), setter]),
    },
    {
      name: "sleeps without its mark",
      breakages: [{ package: "event", replace: "const waited = was | WAITED;", by: "const waited = was;" }],
      by: model("threads", [waiter(), setter], NO_WAITER_LEFT),
    },
    {
      name: "wakes one waiter",
      breakages: [
        {
          package: "event",
          replace: "wake(this.words, this.at + STATE);",
          by: "wake(this.words, this.at + STATE, 1);",
        },
      ],
      by: model("threads", [waiter(), waiter(), setter], NO_WAITER_LEFT),
    },
    {
      name: "clears WAITED before it sets",
      breakages: [
        {
          package: "event",
          replace: "const now = (was & ~WAITED) + ONE_MORE | SET;",
          by: "Atomics.and(this.words, this.at + STATE, ~WAITED); const now = (was & ~WAITED) + ONE_MORE | SET;",
        },
      ],
      by: model("threads", [waiter(), setter, setter], NO_WAITER_LEFT),
    },
    {
      name: "sets by a blind store",
      breakages: [
        {
          package: "event",
          replace: "if (compareExchange(this.words, this.at + STATE, was, now) !== was) continue;",
          by: "Atomics.store(this.words, this.at + STATE, now);",
        },
      ],
      by: model("threads", [waiter(), setter], NO_WAITER_LEFT),
    },
    {
      name: "checks before it arms",
      breakages: [
        {
          package: "core",
          replace: `this.#arm();
    if (Atomics.load(this.#words, this.#index) !== value) {
      this.#disarmIfEmpty();
      return false;
    }`,
          by: "this.#arm();",
        },
      ],
      by: model("threads", [asyncWaiter(), setter], NO_WAITER_LEFT),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
