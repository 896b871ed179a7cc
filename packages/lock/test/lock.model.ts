import {
  type Breakage,
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

interface Broken {
  readonly name: string;
  readonly breakages: readonly Breakage[];
  readonly by: Model;
  readonly seed?: string;
}

const BODIES = new URL("./lock.bodies.mjs", import.meta.url);

const WORDS = ["STATE", "STATE epoch", "STARVING", "STARVING epoch", "LEASE_END", ""];
const GATE = ["gate", "gate epoch", "gate starving", "gate starving epoch", "gate lease end", ""];

const WAITED = 1;
const STARVED = 2;
const holderOf = (word: number) => word >> 2;

function format(word: string, value: number): string {
  if (word !== "STATE" && word !== "gate") return String(value);
  const held = holderOf(value) === 0 ? "free" : `T${holderOf(value)}`;
  return held + (value & WAITED ? " WAITED" : "") + (value & STARVED ? " STARVED" : "");
}

const isFree = (view: StateView) => holderOf(view.word("STATE")) === 0;

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    threads,
    words: [...WORDS, ...GATE],
    notes: ["inside", "recovered", "released", "refused", "gone"],
    available: isFree,
    invariant: (view) => view.faultOfPromises(),
    final: (view) => (isFree(view) ? undefined : "the lock is held"),
    format,
    ...more,
  };
}

const holder = (args: object = {}): ThreadOfModel => ({ body: "holder", args });
const asyncHolder = (args: object = {}): ThreadOfModel => ({ body: "asyncHolder", args });
/** The same in few steps, for models of many threads. */
const quietly = (args: object = {}): ThreadOfModel => ({ ...holder(args), quiet: true });
const nester = (args: object = {}): ThreadOfModel => ({ body: "nester", args });
const restorer: ThreadOfModel = { body: "restorer" };

/** A thread is woken in time, and finds its time over. */
const LATE = { ticks: [6] };
/** Enough time for a waiter to starve, then for a lease to expire. */
const TICKS = { ticks: [1.5, 3] };

/** T1 awaits the lock, and blocks until T3 has had it. A wake-up that goes only to T1's promise would be lost. */
const blockedPromise = (turns: number, more: Partial<Model> = {}) =>
  model(
    "a promise of a blocked thread",
    [{ body: "awaitsAndBlocks", args: { turns } }, holder({ times: turns + 1 }), { body: "opensGate", args: {} }],
    { setup: { body: "closeGate" }, preemptions: 2, ...more },
  );

/** No thread overtakes a starving waiter. */
const fair = {
  preemptions: 2,
  change: overtaking({ state: "STATE", starving: "STARVING", leaseEnd: "LEASE_END" }, (word) =>
    holderOf(word) === 0 ? 1 : 0,
  ),
};

/** The thread from which `number` took the lock last; 0 if the lock was free. */
function takenFrom(view: StateView, number: number): number | undefined {
  for (const { op, word, x, result } of view.history(number)) {
    if (op === "compareExchange" && word === "STATE" && x === result && holderOf(result) !== number)
      return holderOf(result);
  }
  return undefined;
}

/** A thread takes a free lock, or the lock of a dead owner. It gets OwnerDiedError in the second case, and only then. */
function recovery(before: StateView, after: StateView, { thread }: { thread: number }): string | undefined {
  if (after.note("inside") <= before.note("inside")) return undefined;
  const from = takenFrom(after, thread + 1) ?? 0;
  if (from !== 0 && !after.isDead(from)) return `T${thread + 1} took the lock of T${from}, which is alive`;
  const recovered = after.note("recovered") - before.note("recovered");
  if (recovered === (from === 0 ? 0 : 1)) return undefined;
  return recovered === 0
    ? `T${thread + 1} got no error though T${from} had died`
    : `T${thread + 1} got an OwnerDiedError without a death`;
}

/** A model in which `deaths` threads may die. All live threads get the lock, one after the other. */
const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}) =>
  model(name, threads, {
    deaths: 1,
    preemptions: 2,
    livingOnly: ["inside"],
    available: (view) => isFree(view) || view.isDead(holderOf(view.word("STATE"))),
    change: recovery,
    final: (view) => (isFree(view) || view.isDead(holderOf(view.word("STATE"))) ? undefined : "the lock is held"),
    ...more,
  });

/** A thread has ended and keeps the lock. The death of another thread changes nothing. */
const keptByEnded = mortal("a thread that has ended keeps the lock", [{ body: "refused" }, { body: "refused" }], {
  setup: { body: "acquire" },
  final: (view) => (isFree(view) ? "the lock is free" : undefined),
});

/** A waiter starves, and leaves when its time is over. */
const leasedForNoThread = model(
  "no lease for waiters that have left",
  [{ body: "triesAlone" }, { body: "leaver" }],
  TICKS,
);

/** A starving waiter is aborted after a release has leased the lock to it. */
const leasedForAborted = model("no lease for aborted waiters", [{ body: "triesAfter" }, { body: "asyncLeaver" }], {
  ...TICKS,
  preemptions: 2,
});

/** Starving waiters that time out leave STARVED behind, and a release clears it. */
const marksOfAnotherWord = (name: string) =>
  model(name, [holder({ holds: true }), quietly({ timeout: 5, times: 2 }), quietly({ times: 2 })], {
    setup: { body: "acquire" },
    preemptions: 2,
    ticks: [1.5],
  });

describe("every schedule of Lock", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("two threads", [holder(), holder()]),
    model("two threads, twice", [holder({ times: 2 }), holder({ times: 2 })]),
    model("three threads", [holder(), holder(), holder()], { preemptions: 4 }),
    model("two threads, time passes", [holder(), holder()], TICKS),
    model("three threads, time passes", [holder(), holder(), holder()], { ...fair, ...TICKS }),
    model("a thread acquires twice, time passes", [holder({ times: 2 }), holder(), holder()], { ...fair, ...TICKS }),
    model("a thread with timeout 0, time passes", [holder({ times: 2 }), holder(), holder({ timeout: 0 })], {
      ...fair,
      ...TICKS,
    }),
    model("a thread acquires twice, a promise", [holder({ times: 2 }), asyncHolder(), holder()], { ...fair, ...TICKS }),
    model("timeouts of 0", [holder({ timeout: 0 }), holder({ timeout: 0 }), holder()], { preemptions: 4 }),
    model("a timeout", [holder(), holder({ timeout: 5 })], LATE),
    model("a timeout beside two", [holder(), holder(), holder({ timeout: 5 })], { preemptions: 2, ...LATE }),
    model("two timeouts", [holder(), holder({ timeout: 2 }), holder({ timeout: 5 })], { preemptions: 2, ...LATE }),
    model("two promises", [asyncHolder(), asyncHolder()]),
    model("a promise and a thread", [asyncHolder(), holder()]),
    model("a promise and a thread, time passes", [asyncHolder(), holder()], TICKS),
    model("a promise and two threads", [asyncHolder(), holder(), holder()], { preemptions: 3 }),
    model("two tasks and a thread", [asyncHolder({ tasks: 2 }), holder()], { preemptions: 3 }),
    model("a promise with a timeout, and a thread", [asyncHolder({ timeout: 5 }), holder()], LATE),
    model("aborts", [asyncHolder({ abortable: true }), holder(), holder()], { preemptions: 2 }),
    model("aborts among tasks", [asyncHolder({ tasks: 2, abortable: true }), holder()], { preemptions: 3 }),
    model("aborts and timeouts", [asyncHolder({ abortable: true, timeout: 5 }), holder({ timeout: 4 })]),
    blockedPromise(0),
    { ...blockedPromise(1, { ticks: [1.5], preemptions: 1 }), name: "a starving promise of a blocked thread" },
    marksOfAnotherWord("marks of waiters that have left"),
    leasedForNoThread,
    leasedForAborted,
    model("a promise and two threads, time passes", [asyncHolder(), holder(), holder()], { ...fair, ...TICKS }),
  ])("$name", (model) => void holds(explorer, model));
});

describe("every schedule of a Lock of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    mortal("two threads", [holder(), holder()]),
    mortal("three threads", [holder(), holder(), holder()], { urgent: true }),
    mortal("two of three", [holder(), holder(), holder()], { deaths: 2, urgent: true, preemptions: 1 }),
    mortal("a promise and a thread", [asyncHolder(), holder()], { preemptions: 1 }),
    mortal("a timeout", [holder(), holder({ timeout: 5 })]),
    mortal("starving waiters", [holder({ rests: true }), holder(), holder()], { urgent: true, preemptions: 1 }),
    mortal("starving waiters, a thread acquires twice", [holder({ rests: true, times: 2 }), holder(), holder()], {
      urgent: true,
      preemptions: 0,
    }),
    mortal("a starving promise", [holder({ rests: true }), asyncHolder(), holder()], { urgent: true, preemptions: 1 }),
    mortal("two threads nest", [nester(), nester()]),
    keptByEnded,
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Lock of threads that die that", { timeout: MODEL_TIMEOUT }, () => {
  const two = mortal("threads", [holder(), holder()]);

  it.each([
    {
      name: "does not register its blocked waits",
      breakages: [{ package: "core", replace: "blockedWait?.enter(step.value);", by: "" }],
      by: two,
    },
    {
      name: "registers a blocked wait after the check",
      breakages: [
        {
          package: "core",
          replace: "blockedWait?.enter(step.value);",
          by: "if (blockedWait !== void 0) (blockedWait = deathMonitor().registerBlockedWait(on)).enter(step.value);",
        },
      ],
      by: two,
    },
    {
      name: "does not check again after it registers a blocked wait",
      breakages: [
        {
          package: "core",
          replace: 'const isLong = woken === "timed-out" && nap < left;',
          by: `const isLong = woken === "timed-out" && nap < left;
            if (isLong) { blockedWait = deathMonitor().registerBlockedWait(on); continue; }`,
        },
      ],
      by: two,
    },
    {
      name: "takes the lock of a dead owner by a blind store",
      breakages: [
        {
          package: "core",
          replace: "if (Atomics.compareExchange(words, at + STATE, was, taken) !== was) continue;",
          by: `if (was >> SHIFT === FREE) {
              if (Atomics.compareExchange(words, at + STATE, was, taken) !== was) continue;
            } else Atomics.store(words, at + STATE, taken);`,
        },
      ],
      by: mortal("threads", [holder(), holder(), holder()]),
    },
    {
      name: "takes any death for the owner's",
      breakages: [
        {
          package: "core",
          replace: "holder === FREE || deathOf(holder) !== void 0 ?",
          by: "holder === FREE || [1, 2, 3].some((ident) => deathOf(ident) !== void 0) ?",
        },
      ],
      by: keptByEnded,
    },
    {
      name: "does not throw OwnerDiedError",
      breakages: [{ package: "core", replace: "if (was !== FREE) throw recoverFrom(was);", by: "" }],
      by: two,
    },
    {
      name: "keeps the depth of a dead owner",
      breakages: [
        {
          package: "lock",
          replace: `try {
      return yield* acquiringExclusively(this.words, this.at, deadline);
    } finally {
      if (this.isOwned()) this.words[this.at + DEPTH] = depth - 1;
    }`,
          by: `const taken = yield* acquiringExclusively(this.words, this.at, deadline);
    if (taken) this.words[this.at + DEPTH] = depth - 1;
    return taken;`,
        },
      ],
      by: mortal("threads", [nester(), nester()]),
    },
    {
      name: "wakes its tasks after a death only if the async epoch is armed",
      breakages: [
        {
          package: "core",
          replace: "if (!wakePromises(this.#words, this.#index)) Atomics.notify(this.#words, this.#index + 1);",
          by: "wakePromises(this.#words, this.#index);",
        },
      ],
      by: mortal("threads", [asyncHolder(), holder()]),
    },
  ])("$name", async ({ breakages, by }: Broken) => void (await catches(BODIES, breakages, by)));
});

describe("every schedule of RLock", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("two threads nest", [nester(), nester()]),
    model("three threads nest", [nester({ depth: 3 }), nester(), nester()], { preemptions: 3 }),
    model("a timeout", [nester(), nester({ timeout: 5 })], LATE),
    model("two threads, time passes", [nester(), nester()], TICKS),
    model("three threads, time passes", [nester({ depth: 1 }), nester({ depth: 1 }), nester({ depth: 1 })], {
      ...fair,
      ...TICKS,
    }),
    model("a releaseSave and a restore", [restorer, nester()]),
    model("two of releaseSave and restore", [restorer, restorer], { preemptions: 4 }),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Lock that", { timeout: MODEL_TIMEOUT }, () => {
  const threads = (...bodies: ThreadOfModel[]) => model("threads", bodies);
  const within = (preemptions: number, ...bodies: ThreadOfModel[]) => model("threads", bodies, { preemptions });
  const late = (preemptions: number, ...bodies: ThreadOfModel[]) => model("threads", bodies, { preemptions, ...LATE });

  it.each([
    {
      name: "keeps the lease of an aborted waiter",
      breakages: [{ package: "core", replace: "if (isAborted && starving) passOn(words, at, claim);", by: "" }],
      by: leasedForAborted,
    },
    {
      name: "takes the lock without its mark",
      breakages: [{ package: "core", replace: "| was & MARKS | marks;", by: "| was & MARKS;" }],
      by: { ...within(3, holder({ holds: true }), holder(), quietly(), quietly()), setup: { body: "acquire" } },
    },
    {
      name: "times out before it tries",
      breakages: [
        {
          package: "core",
          replace: "const state = claim(was >> SHIFT);",
          by: "if (late) return false; const state = claim(was >> SHIFT);",
        },
      ],
      by: late(2, holder(), holder({ timeout: 5 }), holder()),
    },
    {
      name: "leaves without its mark",
      breakages: [
        { package: "core", replace: "if (late && marks === 0) return REFUSED;", by: "if (late) return REFUSED;" },
      ],
      by: {
        ...late(2, holder({ holds: true, times: 2 }), quietly(), holder({ timeout: 5 }), quietly()),
        setup: { body: "acquire", args: { marked: true } },
      },
      seed: "1x5 2x1 3x11 4x1 2x1 1x3 3x3 c 3x1 1x1",
    },
    {
      name: "clears WAITED in another state",
      breakages: [
        {
          package: "core",
          replace: "Atomics.compareExchange(words, at + STATE, word, word & ~WAITED);",
          by: "Atomics.and(words, at + STATE, ~WAITED);",
        },
      ],
      by: threads(holder(), holder(), holder()),
    },
    {
      name: "clears STARVED in another state",
      breakages: [
        {
          package: "core",
          replace:
            "if (Atomics.compareExchange(words, at + STATE, word, word & ~STARVED) === word) return word & ~STARVED;",
          by: "return Atomics.and(words, at + STATE, ~STARVED) & ~STARVED;",
        },
      ],
      by: marksOfAnotherWord("threads"),
    },
    {
      name: "leases to starving waiters that have left",
      breakages: [{ package: "core", replace: "else word = clearStarved(words, at, word);", by: "" }],
      by: leasedForNoThread,
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
      by: model("threads", [holder({ times: 2 }), holder(), holder()], { ...fair, ...TICKS }),
    },
    {
      name: "has starving waiters without a mark",
      breakages: [
        { package: "core", replace: "const mark = starving ? STARVED : WAITED;", by: "const mark = WAITED;" },
      ],
      by: model("threads", [holder(), holder(), holder()], { preemptions: 2, ...TICKS }),
    },
    {
      name: "wakes starving waiters without a turn",
      breakages: [{ package: "core", replace: "Atomics.add(words, at + STARVING, 1);", by: "" }],
      by: blockedPromise(1, { ticks: [1.5] }),
    },
    {
      name: "gives to starving promises what sleepers could take",
      breakages: [
        {
          package: "core",
          replace: "if (sleepers > 0 || promises) room -= sleepers;",
          by: "if (sleepers > 0 || promises) room = 0;",
        },
      ],
      by: blockedPromise(1, { ticks: [1.5] }),
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
      by: threads(asyncHolder(), holder()),
    },
    {
      name: "has one word for sleepers and promises",
      breakages: [
        {
          package: "core",
          replace: `this.#arm();
    if (Atomics.load(this.#words, this.#index) !== value) {`,
          by: `if (!this.#pending) {
      const wait = Atomics.waitAsync(this.#words, this.#index, value);
      if (!wait.async) return false;
      this.#pending = true;
      void wait.value.then(() => this.#woken());
    }
    if (Atomics.load(this.#words, this.#index) !== value) {`,
        },
        {
          package: "core",
          replace: "if (this.#first !== void 0) return this.#arm();",
          by: "if (this.#first !== void 0) return;",
        },
      ],
      by: blockedPromise(0),
    },
    {
      name: "leaves a pending promise behind",
      breakages: [{ package: "core", replace: "if (this.#first === void 0 && this.#pending)", by: "if (false)" }],
      by: threads(asyncHolder({ abortable: true }), holder()),
    },
    {
      name: "awaits a word twice",
      breakages: [
        {
          package: "core",
          replace: "while (!this.#pending) {",
          by: "for (let once = true; once || !this.#pending; once = false) {",
        },
      ],
      by: threads(asyncHolder({ tasks: 2 }), holder()),
    },
    {
      name: "keeps an aborted task in its queue",
      breakages: [
        {
          package: "core",
          replace: "this.queue.leave(this);\n    this.#cancelTimer?.();",
          by: "this.#cancelTimer?.();",
        },
      ],
      by: threads(asyncHolder({ abortable: true, tasks: 2 }), holder()),
    },
    {
      name: "releases by a blind store",
      breakages: [
        {
          package: "core",
          replace: "const was = and(words, at, MARKS);",
          by: "const was = Atomics.load(words, at); Atomics.store(words, at, FREE);",
        },
      ],
      by: threads(holder(), holder(), holder()),
    },
    {
      name: "clears its depth after it is free",
      breakages: [
        {
          package: "lock",
          replace: `this.words[this.at + DEPTH] = 0;
    release(this.words, this.at);`,
          by: `release(this.words, this.at);
    this.words[this.at + DEPTH] = 0;`,
        },
      ],
      by: threads(restorer, nester()),
    },
  ])("$name", async ({ breakages, by, seed }: Broken) => void (await catches(BODIES, breakages, by, seed)));
});
