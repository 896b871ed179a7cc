import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./queue.bodies.mjs", import.meta.url);

const CLASSES = Array.from({ length: 27 }, (_, c) => `FREE ${c}`);
/** Words for the index and the items of a model. */
const ROOM = 16 + 6 * 8;
const WORDS = [
  ...["lock", "lock epoch", "lock starving", "lock starving epoch", "lock lease end"],
  ...["FLAGS", "MAXSIZE", "DONE", "NOT_EMPTY", "NOT_EMPTY epoch", "GETTERS", "NOT_FULL", "NOT_FULL epoch", "PUTTERS"],
  ...[
    "ALL_DONE",
    "ALL_DONE epoch",
    "JOINERS",
    "PUTS",
    "GETS",
    "INDEX",
    "HAND",
    "KEYS",
    "MOVING",
    "BYTES",
    "END",
    ...CLASSES,
  ],
  ...Array.from({ length: ROOM }, (_, i) => `block word ${i}`),
];

const size = (view: StateView): number => (view.word("PUTS") - view.word("GETS")) | 0;
const unfinished = (view: StateView): number => (view.word("PUTS") - view.word("DONE")) | 0;

/** What waits may wait only for what is not there. */
function mayWait(view: StateView): boolean {
  const isShut = view.word("FLAGS") !== 0;
  if (view.waiting("lock") + view.waiting("lock starving") > 0) return false;
  const getters = view.waiting("NOT_EMPTY") + view.waiting("NOT_EMPTY epoch");
  const putters = view.waiting("NOT_FULL") + view.waiting("NOT_FULL epoch");
  const joiners = view.waiting("ALL_DONE") + view.waiting("ALL_DONE epoch");
  if (getters > 0 && (size(view) > 0 || isShut)) return false;
  if (putters > 0 && (isShut || size(view) < view.word("MAXSIZE"))) return false;
  return joiners === 0 || unfinished(view) > 0;
}

/** Each item that was put is in the queue, or has come out. */
function noneLost(view: StateView): string | undefined {
  if (view.word("lock") >> 2 !== 0) return "the lock is held";
  const [put, got] = [view.note("put"), view.note("got")];
  return put - got === size(view) ? undefined : `${put} items were put, ${got} came out, ${size(view)} are left`;
}

/** An integer of more than 31 bits: it stands in a block, and not in the index. */
const IN_BLOCK = 2 ** 30;

const NOTES = [
  ...["put", "got", "refused", "aborted", "done", "joined"],
  ...[1, 2, 3, 100, 101, 102, 103, IN_BLOCK, IN_BLOCK + 1, undefined].map((item) => `got ${item}`),
];

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    setup: { body: "make" },
    threads,
    words: WORDS,
    notes: NOTES,
    preemptions: 2,
    available: () => true,
    mayWait,
    invariant: (view) => view.faultOfPromises(),
    final: noneLost,
    ...more,
  };
}

const thread =
  (body: string) =>
  (args: object = {}): ThreadOfModel => ({ body, args });
const putter = thread("putter");
const asyncPutter = thread("asyncPutter");
const getter = thread("getter");
const asyncGetter = thread("asyncGetter");
const closer = thread("closer");
const worker = thread("worker");
const joiner = thread("joiner");
const drainer = thread("drainer");

const quiet = (thread: ThreadOfModel): ThreadOfModel => ({ ...thread, quiet: true });

const made = (args: object): Partial<Model> => ({ setup: { body: "make", args } });

/** A waiter is woken in time, and finds its time over. */
const LATE = { ticks: [6] };

/**
 * Each item is where it must be: in the queue, or noted by its getter. A thread may have died between
 * the step that moves an item and its note of it, which a getter makes after it, and a putter, too.
 */
function noneLostBut(threads: readonly ThreadOfModel[]): (view: StateView) => string | undefined {
  return (view) => {
    const dead = threads.find((_, i) => view.isDead(i + 1))?.body ?? "";
    const [put, got] = [view.note("put"), view.note("got")];
    const lost = put - got - size(view);
    const may = /getter|drainer/i.test(dead) ? [0, 1] : /putter/i.test(dead) ? [0, -1] : [0];
    return may.includes(lost)
      ? undefined
      : `${put} items were put, ${got} came out, ${size(view)} are left; a ${dead} has died`;
  };
}

const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model =>
  model(name, threads, {
    deaths: 1,
    preemptions: 1,
    urgent: true,
    mayWait: (view) => view.isDead(view.word("lock") >> 2) || mayWait(view),
    final: noneLostBut(threads),
    ...more,
  });

describe("Q034: every schedule of Queue", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("a putter and a getter", [putter(), getter()], { preemptions: 3 }),
    model("a putter and a getter of blocks", [putter({ items: [IN_BLOCK, IN_BLOCK + 1] }), getter({ times: 2 })]),
    model("a putter and two getters", [putter({ items: [1, 2] }), getter(), getter()], { preemptions: 1 }),
    model("two putters and a getter", [putter(), putter({ items: [2] }), getter({ times: 2 })], { preemptions: 1 }),
    model("a full queue", [putter({ items: [1, 2] }), getter({ times: 2 })], made({ maxsize: 1 })),
    model("a full queue, two putters", [quiet(putter()), quiet(putter({ items: [2] })), quiet(getter({ times: 2 }))], {
      ...made({ maxsize: 1, items: 1 }),
      preemptions: 1,
    }),
    model("a getter with a timeout beside another", [getter({ timeout: 5 }), getter(), putter()], {
      ...LATE,
      preemptions: 1,
    }),
    model("a putter with a timeout", [putter({ timeout: 5 }), getter()], {
      ...made({ maxsize: 1, items: 1 }),
      ...LATE,
    }),
    model("a promise", [asyncGetter(), putter()], { preemptions: 3 }),
    model("a promise and a thread", [asyncGetter(), getter(), putter({ items: [1, 2] })], { preemptions: 1 }),
    model("two tasks", [asyncGetter({ tasks: 2 }), putter({ items: [1, 2] })]),
    model("an abort beside a thread", [asyncGetter({ abortable: true }), getter(), putter()], { preemptions: 1 }),
    model(
      "an abort of a putter beside a thread",
      [quiet(asyncPutter({ abortable: true })), quiet(putter({ items: [2] })), quiet(getter())],
      { ...made({ maxsize: 1, items: 1 }), preemptions: 1 },
    ),
    model("a shutdown", [getter(), putter(), closer()], { preemptions: 1 }),
    model("a shutdown with items left", [getter({ times: 2 }), closer()], made({ items: 1 })),
    model("an immediate shutdown", [getter(), putter(), closer({ immediate: true })], { preemptions: 1 }),
    model("a shutdown of a full queue", [putter(), closer()], made({ maxsize: 1, items: 1 })),
    model("a join", [joiner(), worker({ count: 2 })], made({ items: 2 })),
    model("a join and a put", [joiner(), worker(), putter()], { ...made({ items: 1 }), preemptions: 1 }),
    model("two joins", [joiner(), joiner(), worker()], { ...made({ items: 1 }), preemptions: 1 }),
    model(
      "a LIFO queue",
      [putter({ items: [1, 2], kind: "lifo" }), getter({ times: 2, kind: "lifo" })],
      made({ kind: "lifo" }),
    ),
    model(
      "a priority queue",
      [putter({ items: [2, 1], kind: "priority" }), getter({ times: 2, kind: "priority" })],
      made({ kind: "priority" }),
    ),
  ])("$name", (model) => void holds(explorer, model));
});

describe("Q084, Q086: every schedule of a Queue of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    mortal("a putter and a getter", [putter(), getter()]),
    mortal("a putter and a getter of a queue with items", [putter(), getter()], made({ items: 2 })),
    mortal("a putter and a getter of blocks", [putter({ items: [IN_BLOCK, 1] }), getter({ times: 2 })]),
    mortal("two putters and a getter", [putter(), quiet(putter({ items: [2] })), quiet(getter())]),
    mortal("a putter and two getters", [quiet(putter()), getter(), quiet(getter())]),
    mortal("a full queue", [putter(), quiet(putter({ items: [2] })), quiet(getter())], made({ maxsize: 1, items: 1 })),
    mortal("a promise and a thread", [asyncGetter(), getter(), quiet(putter())], { preemptions: 0 }),
    mortal("a shutdown", [quiet(getter()), closer(), quiet(closer())]),
    mortal("a join", [quiet(joiner()), worker()], made({ items: 1 })),
    ...[1, 2, 3, 4].map((items) =>
      mortal(
        `a getter of a priority queue of ${items}`,
        [getter({ kind: "priority" }), quiet(drainer({ kind: "priority" })), quiet(drainer({ kind: "priority" }))],
        { ...made({ items, kind: "priority" }), preemptions: 0 },
      ),
    ),
    ...[0, 1, 2, 3].map((items) =>
      mortal(
        `a putter of a priority queue of ${items}`,
        [putter({ kind: "priority" }), quiet(drainer({ kind: "priority" }))],
        { ...made({ items, kind: "priority" }), preemptions: 0 },
      ),
    ),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Queue that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string) => [{ package: "queue", replace, by }];

  it.each([
    {
      name: "counts a waiter after it has released the lock",
      breakages: broken(
        "words[at + waiters] += 1;\n        value = words[at + word];\n        isCounted = true;\n        this.exit();",
        "value = words[at + word]; this.exit(); words[at + waiters] += 1; isCounted = true;",
      ),
      by: model("a putter and a getter", [putter(), getter()]),
    },
    {
      name: "wakes without a change of the word",
      breakages: broken(
        "Atomics.add(words, at + word, 1);\n      words[at + waiters] = Math.max(0, waiting - n);",
        "words[at + waiters] = Math.max(0, waiting - n);",
      ),
      by: model("a putter and a getter", [putter(), getter()]),
    },
    {
      name: "counts the item before its block is in the ring",
      breakages: broken(
        "store.words[this.#place(index, words[at + PUTS], size)] = stored;\n    words[at + PUTS] += 1;",
        "words[at + PUTS] += 1; store.words[this.#place(index, words[at + PUTS] - 1, size)] = stored;",
      ),
      by: mortal("a putter and a getter of blocks", [putter({ items: [IN_BLOCK] }), getter()]),
    },
    {
      name: "counts the item before its integer is in the ring",
      breakages: broken(
        "store.words[this.#place(index, words[at + PUTS], size)] = stored;\n    words[at + PUTS] += 1;",
        "words[at + PUTS] += 1; store.words[this.#place(index, words[at + PUTS] - 1, size)] = stored;",
      ),
      by: mortal("a putter and a getter", [putter(), getter()]),
    },
    {
      name: "frees the block of an item before the item is out of the queue",
      breakages: broken(
        "words[at + GETS] += 1;\n    this.free(stored, 0);",
        "this.free(stored, 0);\n    words[at + GETS] += 1;",
      ),
      by: mortal("two getters of a block", [getter(), quiet(getter({ timeout: 0 }))], {
        ...made({ items: 1, first: IN_BLOCK }),
      }),
    },
    {
      name: "throws the error of a dead owner",
      breakages: broken("if (!(error instanceof OwnerDiedError)) throw error;", "throw error;"),
      by: mortal("a putter and a getter", [putter(), getter()]),
    },
    {
      name: "does not repair the heap of a dead getter",
      breakages: broken("items.repair();", ""),
      by: mortal(
        "a getter of a priority queue of 3",
        [getter({ kind: "priority" }), quiet(drainer({ kind: "priority" }))],
        { ...made({ items: 3, kind: "priority" }), preemptions: 0 },
      ),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
