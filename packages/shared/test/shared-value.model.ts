import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./shared-value.bodies.mjs", import.meta.url);

const HALVES = new Int32Array(2);
const FLOAT = new Float64Array(HALVES.buffer);

/** The kind of a value that is an integer. */
const INTEGER = 4;

function numberIn(view: StateView): number {
  const current = view.word("CURRENT");
  const slot = (current & 1) === 0 ? "A" : "B";
  if (((current >> 1) & 15) === INTEGER) return view.word(`${slot}, first half`);
  HALVES[0] = view.word(`${slot}, first half`);
  HALVES[1] = view.word(`${slot}, second half`);
  return FLOAT[0]!;
}

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    setup: { body: "make" },
    threads,
    words: [
      ...["LOCK", "LOCK, epoch", "starving", "starving, epoch", "lease end", "HOLDS", "OPERATIONS"],
      ...["CURRENT", "epoch", "A, first half", "A, second half", "B, first half", "B, second half", "WAITERS"],
    ],
    notes: ["updated", "came", "aborted", "half", "told"],
    preemptions: 2,
    invariant: (view) => view.faultOfPromises(),
    ...more,
  };
}

const thread =
  (body: string) =>
  (args: object = {}): ThreadOfModel => ({ body, args });
const updater = thread("updater");
const setter = thread("setter");
const reader = thread("reader");
const waiter = thread("waiter");
const asyncWaiter = thread("asyncWaiter");
const pair = thread("pair");
const witness = thread("witness");

/** A thread waits only for a value that has not come. */
const onlyInVain: Partial<Model> = { mayWait: (view) => numberIn(view) !== 1 };

/** All updates count. After a death one may count that was not noted. */
const updatesCount: Partial<Model> = {
  final: (view) => {
    const more = numberIn(view) - view.note("updated");
    return more === 0 || (more === 1 && (view.isDead(1) || view.isDead(2)))
      ? undefined
      : `${numberIn(view)} after ${view.note("updated")} updates`;
  },
};

const readers = model("a reader without the lock, and two setters", [
  reader(),
  setter({ to: [1.1, -2.2e200] }),
  setter({ to: [3.3e-200] }),
]);
const oneSetter = model(
  "a reader without the lock, and a setter",
  [reader(), setter({ to: [1.1, -2.2e200, 3.3e-200] })],
  { preemptions: 3 },
);
const integers = model(
  "a reader without the lock, and a setter of integers and floats",
  [reader(), setter({ to: [7, 8, 2.6] })],
  { preemptions: 3 },
);
const updates = model("two updaters", [updater({ times: 2 }), updater()], { ...updatesCount, preemptions: 3 });
const waits = model("a waiter and a setter", [waiter(), setter()], { preemptions: 3 });
const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}) =>
  model(name, threads, { deaths: 1, preemptions: 1, ...more });
const pairs = mortal("a pair of operations", [pair(), witness()], { mayDie: (_, number) => number === 1 });

describe("every schedule of SharedValue", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    readers,
    oneSetter,
    integers,
    updates,
    waits,
    model("two waiters and a setter", [waiter(), waiter(), setter()]),
    model("a waiter and two changes", [waiter(), setter({ to: [2, 1] })]),
    model("a waiter that misses the value", [waiter(), setter({ to: [1, 2] })], onlyInVain),
    model("a task that waits", [asyncWaiter(), setter()]),
    model("a task that waits, and an abort", [asyncWaiter({ abortable: true }), setter()]),
    model("a task, a waiter and a setter", [asyncWaiter(), waiter(), setter()]),
    mortal("two updaters, one of which dies", [updater({ times: 2 }), updater()], updatesCount),
    mortal("a waiter, and a setter that dies", [waiter(), setter()], onlyInVain),
    mortal("two waiters, one of which dies", [waiter(), waiter(), setter()], { ...onlyInVain, preemptions: 0 }),
    pairs,
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a SharedValue that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string) => [{ package: "shared", replace, by }];

  it.each([
    { name: "does not wake its waiters", breakages: broken("if (waiters > 0) this.#wakeWaiters();", ""), by: waits },
    {
      name: "counts no waiter",
      breakages: broken("words[at + WAITERS] += 1;", ""),
      by: waits,
    },
    {
      name: "writes the slot that readers read",
      breakages: broken("const slot = 1 - slotOf(was);", "const slot = slotOf(was);"),
      by: oneSetter,
    },
    {
      name: "reads a number once",
      breakages: broken("if (load(words, cell) === current) return FLOAT[0];", "return FLOAT[0];"),
      by: oneSetter,
    },
    {
      name: "reads an integer once",
      breakages: broken("if (load(words, cell) === current) return first;", "return first;"),
      by: integers,
    },
    {
      name: "updates without the lock",
      breakages: broken(
        "if (!tryAcquire(words, at + LOCK) && !this.isHeld && !trySpin(words, at + LOCK)) return false;",
        "",
      ),
      by: updates,
    },
    {
      name: "tells no death between operations",
      breakages: broken("if (wasHeld) throw error;", ""),
      by: pairs,
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
