import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./barrier.bodies.mjs", import.meta.url);

const COUNT = 2 ** 14 - 1;
const CAUSES = ["a party died", "aborted", "timed out", "action threw", "signalled", "reset"];
const countOf = (view: StateView) => view.word("STATE") & COUNT;

function format(word: string, value: number): string {
  if (word !== "STATE") return String(value);
  const count = value & COUNT;
  return `cycle ${value >>> 14}: ${count > COUNT - 6 ? CAUSES[COUNT - count] : count}`;
}

const isPaired = (view: StateView) => view.note("passed 0") === view.note("passed 1");

/** At the end no thread waits, and each index has passed equally often. */
function final(view: StateView): string | undefined {
  const count = countOf(view);
  if (count !== 0 && count <= COUNT - 5) return `${count} are counted as waiting`;
  if (view.note("acting") !== 0) return "an action runs";
  return isPaired(view) ? undefined : "a party passed without its partner";
}

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    setup: { body: "make" },
    threads,
    words: [
      ...["STATE", "epoch", "RESET", "ACTION_THREAD", "PARTIES", "TIMEOUT", "TIMEOUT, second half", "HOLDERS", "DIED"],
      ...["ARRIVAL of T1", "ARRIVAL of T2", "ARRIVAL of T3"],
    ],
    notes: ["come", "gone", "acting", "acted", "broke", "aborted", "passed 0", "passed 1", "passed 2"],
    preemptions: 3,
    invariant: (view) => view.faultOfPromises(),
    final,
    format,
    ...more,
  };
}

const thread =
  (body: string) =>
  (args: object = {}): ThreadOfModel => ({ body, args });
const party = thread("party");
const asyncParty = thread("asyncParty");
const persistent = thread("persistent");
const replacement = thread("replacement");
const holder = thread("holder");
const aborter = thread("aborter");
const resetter = thread("resetter");
const passerThenResetter = thread("passerThenResetter");
const passerThenNewcomer = thread("passerThenNewcomer");
const persistentTwice = thread("persistentTwice");

/** A waiter finds its time over. */
const LATE = { ticks: [6] };
const three: Partial<Model> = {
  setup: { body: "make", args: { parties: 3 } },
  final: (view) =>
    [0, 1, 2].every((index) => view.note(`passed ${index}`) === view.note("passed 0"))
      ? undefined
      : "not all parties have passed",
};
/** Whether T3 leaves the first cycle early or late, a reset of the second cycle does not fail it. */
const lateWaiter = model(
  "a late waiter, and a reset of the next cycle",
  [passerThenResetter({ parties: 3 }), passerThenNewcomer({ parties: 3 }), party({ parties: 3 })],
  {
    setup: { body: "make", args: { parties: 3 } },
    // T2 waits for the parties of the next cycle, which never arrive.
    mayWait: (view) => [0, 1, 2].every((index) => view.note(`passed ${index}`) === 1),
    final: () => undefined,
    preemptions: 2,
  },
);
/** T1 finds that it is the last party of a cycle that T2 completes. The reset by T2 is not lost. */
const lastPartyTooLate = model(
  "two last parties, and a reset of the next cycle",
  [persistent(), passerThenResetter({ parties: 2, mayBreak: true }), persistentTwice()],
  {
    mayWait: () => true,
    final: (view) => (isPaired(view) ? undefined : "a party passed without its partner"),
    preemptions: 2,
  },
);
/** RESET names the second cycle as reset, because cycles are numbered again after a round. */
const wrapped = model(
  "a reset of a cycle that RESET names from an earlier round",
  [persistentTwice(), persistentTwice(), resetter()],
  {
    setup: { body: "make", args: { reset: 2 } },
    preemptions: 2,
  },
);
const acts = { acts: true };
const mayBreak = { mayBreak: true };

describe("every schedule of Barrier", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("two parties", [party(), party()]),
    model("two parties, twice", [party({ times: 2 }), party({ times: 2 })]),
    model("three parties", [party({ parties: 3 }), party({ parties: 3 }), party({ parties: 3 })], three),
    model("an action", [party({ ...acts, times: 2 }), party({ ...acts, times: 2 })]),
    model(
      "an action that fails",
      [party({ ...acts, fails: true, ...mayBreak }), party({ ...acts, fails: true, ...mayBreak })],
      {
        final: (view) => (view.note("broke") === 1 ? undefined : `${view.note("broke")} got an error`),
      },
    ),
    model("a timeout", [party({ timeout: 5, ...mayBreak }), party(mayBreak)], LATE),
    model(
      "a timeout during the action",
      [party({ ...acts, timeout: 5, ...mayBreak }), party({ ...acts, ...mayBreak })],
      LATE,
    ),
    model("an abort from outside", [party(mayBreak), party(mayBreak), aborter()]),
    model("an abort from outside during the action", [
      party({ ...acts, ...mayBreak }),
      party({ ...acts, ...mayBreak }),
      aborter(),
    ]),
    model("a reset", [persistent(), persistent(), resetter()]),
    model("two resets", [persistent(), persistent(), resetter({ times: 2 })], { preemptions: 2 }),
    lateWaiter,
    lastPartyTooLate,
    wrapped,
    model("resets that race", [party({ timeout: 5, ...mayBreak }), resetter(), resetter()], LATE),
    model("two promises of a thread", [asyncParty({ tasks: 2, times: 2 })]),
    model("a promise and a thread", [asyncParty({ times: 2 }), party({ times: 2 })]),
    model("an abort", [asyncParty({ abortable: true, ...mayBreak }), party(mayBreak)], { final: () => undefined }),
    model("an abort and a timeout", [asyncParty({ abortable: true, timeout: 5, ...mayBreak }), party(mayBreak)], {
      final: () => undefined,
      ...LATE,
    }),
  ])("$name", (model) => void holds(explorer, model));
});

/** A model in which one thread may die. Either all parties pass, or the waiters get an error. */
const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}) =>
  model(name, threads, {
    deaths: 1,
    preemptions: 2,
    livingOnly: ["acting"],
    final: (view) => {
      const isAnyDead = threads.some((_, index) => view.isDead(index + 1));
      return isAnyDead || view.note("broke") === 0 ? undefined : "it broke without a death";
    },
    ...more,
  });

/** After a death is announced, no thread can complete the cycle in which the dead thread arrived. */
const arrivalsEnd: Partial<Model> = {
  change: (_, view, { kind, thread }) =>
    kind === "announce" && countOf(view) < COUNT - 6 && hasArrived(view, thread + 1)
      ? "a dead thread counts as arrived"
      : undefined,
};
/** Has thread `number` arrived in the current cycle? */
function hasArrived(view: StateView, number: number): boolean {
  for (const { op, word, x, result } of view.history(number)) {
    if (op !== "compareExchange" || word !== "STATE" || result !== x) continue;
    if (x >>> 14 === view.word("STATE") >>> 14) return true;
  }
  return false;
}
/** Only threads of these numbers may die. */
const mortals = (...numbers: number[]): Partial<Model> => ({ mayDie: (_, number) => numbers.includes(number) });

/** A death that does not matter breaks nothing. */
const nothingBreaks: Partial<Model> = {
  final: (view) => (view.note("broke") === 0 ? undefined : "it broke though no waiter needed the dead thread"),
};

describe("every schedule of a Barrier of threads that die", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    mortal("two parties", [party(mayBreak), party(mayBreak)]),
    mortal("two parties, twice", [party({ times: 2, ...mayBreak }), party({ times: 2, ...mayBreak })], {
      preemptions: 1,
    }),
    mortal(
      "three parties",
      [party({ parties: 3, ...mayBreak }), party({ parties: 3, ...mayBreak }), party({ parties: 3, ...mayBreak })],
      { setup: { body: "make", args: { parties: 3 } }, urgent: true, preemptions: 1 },
    ),
    mortal("an action", [party({ ...acts, ...mayBreak }), party({ ...acts, ...mayBreak })]),
    mortal("a promise and a thread", [asyncParty(mayBreak), party(mayBreak)]),
    mortal("three threads for two parties", [party(mayBreak), party(mayBreak), party(mayBreak)], {
      ...arrivalsEnd,
      preemptions: 1,
      mayWait: () => true, // the third thread
      final: () => undefined,
    }),
    mortal("a holder that is not needed", [party(mayBreak), party(mayBreak), holder()], {
      ...mortals(3),
      ...nothingBreaks,
    }),
    mortal(
      "a holder that dies before it arrives, and a replacement",
      [party(mayBreak), holder(), replacement(mayBreak)],
      {
        ...mortals(2),
        ...nothingBreaks,
        urgent: true,
      },
    ),
    mortal("a reset after a death", [party(mayBreak), party(mayBreak), resetter()], {
      ...mortals(1),
      mayWait: () => true,
      final: () => undefined,
      preemptions: 1,
    }),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Barrier that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string) => [{ package: "barrier", replace, by }];

  it.each([
    {
      name: "does not wake its waiters",
      breakages: broken("wake(this.words, this.at + STATE);", ""),
      by: model("two parties", [party(), party()]),
    },
    {
      name: "counts by a blind store",
      breakages: broken(
        "if (Atomics.compareExchange(words, index, was, was + 1) === was) break;",
        "Atomics.store(words, index, was + 1); break;",
      ),
      by: model("two parties", [party(), party()]),
    },
    {
      name: "lets newcomers arrive while the action runs",
      breakages: broken("const acting = was + 1;", "const acting = nextCycle(was);"),
      by: model("an action", [party({ ...acts, times: 2 }), party({ ...acts, times: 2 })]),
    },
    {
      name: "takes a reset for a pass",
      breakages: broken(
        "if (wasReset(was, reset, Atomics.load(words, this.at + RESET))) throw brokenBy(CAUSES[RESETTING]);",
        "",
      ),
      by: model("a reset", [persistent(), persistent(), resetter()]),
    },
    {
      name: "takes a pass for a reset",
      breakages: broken("resets > 1 || resets === 1 && namesCycleOf(state, now)", "resets > 0"),
      by: lateWaiter,
    },
    {
      name: "counts a reset once for each thread that finishes it",
      breakages: broken("if (namesCycleOf(was, reset)) break;", ""),
      by: lateWaiter,
    },
    {
      name: "takes the reset of an earlier round for a reset of the cycle",
      breakages: broken("if (namesCycleOf(next, reset) &&", "if (false &&"),
      by: wrapped,
    },
    {
      name: "removes the reset of a cycle that has begun",
      breakages: broken("&& Atomics.load(words, at + STATE) === was)", ")"),
      by: lastPartyTooLate,
    },
    {
      name: "lets only its starter finish a reset",
      breakages: broken("if (countOf(was) !== RESETTING) throw", "throw"),
      by: model("a reset", [persistent(), persistent(), resetter()]),
    },
    {
      name: "times out while the action runs",
      breakages: broken("if (allHere) yield", "if (allHere && !deadline.expired()) yield"),
      by: model("a timeout during the action", [party({ ...acts, timeout: 5 }), party({ ...acts })], {
        ...LATE,
        final: (view) => (view.note("broke") === 0 ? final(view) : "broke"),
      }),
    },
    {
      name: "does not count its holders",
      breakages: broken("onThreadDeath(deathActionFor(words, at, true));", ""),
      by: mortal("a holder that is not needed", [party(mayBreak), party(mayBreak), holder()], {
        ...mortals(3),
        invariant: (view) => (view.word("HOLDERS") >> 1 >= 2 ? undefined : "a holder is not counted"),
      }),
    },
    {
      name: "waits for dead threads",
      breakages: broken("isShortOf(parties, words, this.at + HOLDERS)", "false"),
      by: mortal("two parties", [party(mayBreak), party(mayBreak)]),
    },
    {
      name: "gives no time to replace a dead thread",
      breakages: broken("after(REPLACE_MS)", "after(0)"),
      by: mortal("a replacement", [party(mayBreak), holder(), replacement(mayBreak)], {
        ...mortals(2),
        ...nothingBreaks,
        urgent: true,
      }),
    },
    {
      name: "does not record its arrival",
      breakages: broken(
        "recordArrival(arrival, was); if (Atomics.compareExchange(words, index, was, was + 1) === was) break;",
        "if (Atomics.compareExchange(words, index, was, was + 1) === was) break;",
      ),
      by: mortal("three threads for two parties", [party(mayBreak), party(mayBreak), party(mayBreak)], {
        ...arrivalsEnd,
        preemptions: 1,
        mayWait: () => true,
        final: () => undefined,
      }),
    },
    {
      name: "counts an aborted waiter as arrived",
      breakages: broken("this.#leave(cycleOf(was));", ""),
      by: model("an abort", [asyncParty({ abortable: true, ...mayBreak }), party(mayBreak)]),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
