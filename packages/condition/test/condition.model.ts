import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./condition.bodies.mjs", import.meta.url);

const STATES = ["", "WAITING", "NOTIFIED", "ACKNOWLEDGED", "SUSPECT", "LEAVING", "DETACHED"];
const node = (n: number) => [`node ${n}`, `node ${n} epoch`, `node ${n} next`, `node ${n} prev`, `node ${n} owner`];
const NODE_WORDS = node(1).length;
const WORDS = [
  ...["lock", "lock epoch", "lock starving", "lock starving epoch", "lock lease end", "depth"],
  ...["", " ", "  ", "   ", "    ", "     ", "which lock"],
  ...["FIRST", "LAST", "COUNT", "FREE", "COUNTER", "OWN_COUNTER", "LIMIT", "DIRTY", "      "],
  ...[...node(1), ...node(2), ...node(3)],
];

/** At the end the lock is free, the queue empty, and every node free. */
function final(view: StateView): string | undefined {
  if (view.word("lock") >> 2 !== 0) return "the lock is held";
  if (view.word("COUNT") !== 0 || view.word("FIRST") !== 0 || view.word("LAST") !== 0)
    return "a waiter is in the queue";
  let free = 0;
  for (let at = view.word("FREE"); at !== 0; at = view.word(`node ${1 + (at - 22) / NODE_WORDS} next`)) free++;
  const cut = (view.word("OWN_COUNTER") - 22) / NODE_WORDS;
  return free === cut ? undefined : `${cut} nodes were cut, and ${free} are free`;
}

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    setup: { body: "make" },
    threads,
    words: WORDS,
    notes: ["inside", "go", "notified", "inexact", "recovered", "started", "waiting", "due"],
    preemptions: 2,
    invariant: (view) => view.faultOfPromises(),
    final,
    format: (word, value) => (/^node \d$/.test(word) ? (STATES[value] ?? String(value)) : String(value)),
    ...more,
  };
}

const thread =
  (body: string) =>
  (args: object = {}): ThreadOfModel => ({ body, args });
const waiter = thread("waiter");
const asyncWaiter = thread("asyncWaiter");
const notifier = thread("notifier");
const idleNotifier = thread("idleNotifier");
const timedWaiter = thread("timedWaiter");

const survivor = thread("survivor");
const starter = thread("starter");

/** The same in few steps: the thread dies only in a wait, or before its first step. */
const quiet = (thread: ThreadOfModel): ThreadOfModel => ({ ...thread, quiet: true });

/** The nodes that are not free: of live waiters and of dead waiters. */
function usedNodes(view: StateView): number[] {
  const used = new Set([1, 2, 3].slice(0, (view.word("OWN_COUNTER") - 22) / NODE_WORDS));
  for (let at = view.word("FREE"); at !== 0; at = view.word(`node ${1 + (at - 22) / NODE_WORDS} next`))
    used.delete(1 + (at - 22) / NODE_WORDS);
  return [...used];
}

const ACKNOWLEDGED = 3;
const NOTIFIED = 2;

/**
 * A live waiter may still wait at the end in three cases: no thread notified; the notified waiter died since; or an owner of
 * the lock died and no thread has taken the lock since. No thread may wait for the lock.
 */
function mayWait(view: StateView): boolean {
  if (view.waiting("lock") + view.waiting("lock starving") > 0) return false;
  if (view.isDead(view.word("lock") >> 2)) return true;
  if (view.note("started") === 0) return view.note("go") === 0 || view.note("recovered") > 0;
  const wasNotified = usedNodes(view).some((n) => [NOTIFIED, ACKNOWLEDGED].includes(view.word(`node ${n}`)));
  return wasNotified && view.note("due") === 0;
}

/** A model in which one thread may die. */
const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model =>
  model(name, threads, {
    deaths: 1,
    preemptions: 1,
    urgent: true,
    livingOnly: ["inside", "waiting"],
    available: () => true,
    mayWait,
    final: () => undefined,
    ...more,
  });

/** Two waiters may be slow, so that both become SUSPECT. */
const INEXACT: Partial<Model> = { setup: { body: "make", args: { inexact: true } } };

/** A waiter finds its time over. */
const LATE = { ticks: [6] };

describe("every schedule of Condition", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("a waiter and a notifier", [waiter(), notifier()], { preemptions: 4 }),
    model("a waiter and a notifier over an RLock", [waiter({ reentrant: true }), notifier({ reentrant: true })], {
      preemptions: 3,
    }),
    model("two waiters", [waiter(), waiter(), notifier()], { preemptions: 1 }),
    model("two waiters, both slow", [waiter(), waiter(), notifier()], INEXACT),
    model("two waiters, both notified", [waiter(), waiter(), notifier({ n: 2 })], { preemptions: 1 }),
    model("a waiter with a timeout", [timedWaiter(), idleNotifier()], LATE),
    model("a waiter with a timeout beside another", [waiter({ timeout: 5 }), waiter(), notifier()], {
      ...INEXACT,
      preemptions: 0,
      ...LATE,
    }),
    model("a promise", [asyncWaiter(), notifier()], { preemptions: 3 }),
    model("a promise and a thread", [asyncWaiter(), waiter(), notifier()], { preemptions: 1 }),
    model("two promises of a thread", [asyncWaiter({ tasks: 2 }), notifier()]),
    model("an abort", [asyncWaiter({ abortable: true }), notifier()], { preemptions: 3 }),
    model("an abort beside a thread", [asyncWaiter({ abortable: true }), waiter(), notifier()], { preemptions: 1 }),
    model("aborts of two promises", [asyncWaiter({ tasks: 2, abortable: true }), notifier()], { preemptions: 1 }),
  ])("$name", (model) => void holds(explorer, model));
});

describe("every schedule of a Condition of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 4)));
  afterAll(() => explorer.close());

  it.each([
    mortal("one waiter", [survivor(), starter()]),
    mortal("one waiter, two notifiers", [survivor(), starter(), quiet(starter())]),
    mortal("two waiters", [survivor(), survivor(), starter()], { preemptions: 0 }),
    mortal("two waiters, two notifiers", [quiet(survivor()), quiet(survivor()), starter(), quiet(starter())]),
    mortal(
      "two waiters, one in every step, two notifiers",
      [survivor(), quiet(survivor()), quiet(starter()), quiet(starter())],
      {
        preemptions: 0,
      },
    ),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Condition that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string) => [{ package: "condition", replace, by }];
  const two = (preemptions: number) =>
    model("two waiters", [waiter(), waiter(), notifier()], { ...INEXACT, preemptions });

  it.each([
    {
      name: "releases the lock before it enqueues its node",
      breakages: [
        ...broken("const node = queue.enqueue();", "const saved = lock.releaseSave(); const node = queue.enqueue();"),
        ...broken("const saved = lock.releaseSave();\n      try", "try"),
      ],
      by: model("one waiter", [waiter(), notifier()]),
    },
    {
      name: "does not wake its waiters",
      breakages: broken("!wakeOne(this.words, node + STATE)", "false"),
      by: model("one waiter", [waiter(), notifier()]),
    },
    {
      name: "decides the wait after the sleep",
      breakages: broken("notified = queue.remove(node);", "notified = queue.remove(node) && !deadline.expired();"),
      by: model("a waiter with a timeout", [waiter({ timeout: 5 }), waiter(), notifier()], {
        ...INEXACT,
        preemptions: 1,
        ...LATE,
      }),
    },
    {
      name: "drops the notify of an aborted waiter",
      breakages: broken("if (aborted && notified) this.#notify(1);", ""),
      by: model("an abort", [asyncWaiter({ abortable: true }), waiter(), notifier()], { preemptions: 1 }),
    },
    {
      name: "returns from an abort without the lock",
      breakages: broken("if (!held) yield* lock.acquiringRestore(saved);", ""),
      by: model("an abort", [asyncWaiter({ abortable: true }), notifier()]),
    },
    {
      name: "forgets that it holds the lock of a dead owner",
      breakages: broken("held = true; ownerDied = error;", "ownerDied = error;"),
      by: mortal("two threads", [survivor(), starter()]),
    },
    {
      name: "leaves a notify with a dead waiter",
      breakages: broken("if (unresponsive.length === 0) return;", "return;"),
      by: mortal("two waiters", [survivor(), survivor(), starter()], { preemptions: 0 }),
    },
    {
      name: "does not repair the queue after a death",
      breakages: broken("if (this.words[this.at + DIRTY] !== 0) this.#repair();", ""),
      by: mortal("two waiters", [quiet(survivor()), quiet(survivor()), starter(), quiet(starter())]),
    },
    {
      name: "never notifies a suspect",
      breakages: broken("if (notified.length < n) this.#notifySuspects(notified);", ""),
      by: two(2),
    },
    {
      name: "removes a suspect from the queue",
      breakages: broken("this.#prepend(node);", ""),
      by: two(2),
    },
    {
      name: "lets no suspect leave",
      breakages: broken("if (was !== WAITING && was !== SUSPECT) return false;", "if (was !== WAITING) return false;"),
      by: two(2),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
