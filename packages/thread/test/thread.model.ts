import { type Breakage, catches, Explorer, holds, type Model, MODEL_TIMEOUT, type See } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./thread.bodies.mjs", import.meta.url);

const HEAD = [
  ...["IDENTS", "NUMBERS", "CHANGING", "CHANGED", "NON_DAEMONS", "NON_DAEMONS turnstile", "THREADS", "IDLE", "HIGH"],
  ...["STACK_SIZE", "PHASE", "HINT", "LIMIT", "TURNS", "DEATHS", "DETECTING", "WORKERS"],
];
const SLOT = [
  "CLAIM",
  "LIFE",
  "LIFE turnstile",
  "IDENT",
  "STAGE",
  "STAGE turnstile",
  "FLAGS",
  "NATIVE",
  "STARTER",
  "WANTED",
];
const HEAD_WORDS = 64;
const SLOT_WORDS = 64;
const SLOTS = 16384;

/** Names a word of the table of threads (region 1), or of the slab of an agent. */
function nameOf(region: number, index: number): string {
  if (region > 1) return `T${region - 2}'s ${Math.floor(index / 16)}:${index % 16}`;
  if (index < HEAD_WORDS) return HEAD[index] ?? `head ${index}`;
  const slot = Math.floor((index - HEAD_WORDS) / SLOT_WORDS);
  return slot < SLOTS ? `slot ${slot} ${SLOT[(index - HEAD_WORDS) % SLOT_WORDS]}` : `grave ${index % SLOT_WORDS}`;
}

const SLOTS_USED = [1, 2, 3];
const FIRST_WORKER = 3;

/** All is over: nothing is counted but the workers that wait, and all slots are free. */
function final(see: See): string | undefined {
  for (const name of ["THREADS", "NON_DAEMONS"]) if (see.word(name) !== 0) return `${name} is ${see.word(name)}`;
  for (const slot of SLOTS_USED) {
    for (const name of ["CLAIM", "LIFE"])
      if (see.word(`slot ${slot} ${name}`) !== 0)
        return `${name} of slot ${slot} is ${see.word(`slot ${slot} ${name}`)}`;
  }
  if (see.word("CHANGING") !== see.word("CHANGED")) return "the table is not at rest";
  const waiting = see.state.threads.filter((_, index) => index + 1 >= FIRST_WORKER && see.isRunning(index + 1)).length;
  return waiting === see.word("IDLE") ? undefined : `${see.word("IDLE")} are counted as idle, and ${waiting} are`;
}

/** No count is ever below 0. */
function invariant(see: See): string | undefined {
  const wrong = ["THREADS", "NON_DAEMONS", "IDLE"].find((name) => see.word(name) < 0);
  return wrong && `${wrong} is ${see.word(wrong)}`;
}

/** Does the operation say of a slot that its thread runs? */
const saysThatItRuns = /^slot (\d+) (?:STAGE|NATIVE)$/;

/** A worker says only of its own thread, in the slot that this has, that it runs. */
function change(before: See, after: See, { thread }: { thread: number }): string | undefined {
  const number = thread + 1;
  if (number < FIRST_WORKER) return undefined;
  let count = after.length(number) - before.length(number);
  for (const { op, word, x, ident } of after.history(number)) {
    if (count-- <= 0) return undefined;
    const slot = saysThatItRuns.exec(word)?.[1];
    if (op === "store" && x !== 0 && slot !== undefined && before.word(`slot ${slot} CLAIM`) !== ident)
      return `T${number} writes to the slot of another`;
  }
  return undefined;
}

const COUNTS = /^(CHANGED|THREADS|NON_DAEMONS|IDLE)$/;

/**
 * The engine interrupts a thread in calls and loops only, and what is counted is changed without any between: see `end` of world.ts.
 */
function mayDie(see: See, number: number): boolean {
  const { op, word } = see.next(number);
  if ((op === "add" || op === "sub") && COUNTS.test(word)) return false;
  for (const last of see.history(number)) {
    const isEntering = /^slot \d+ CLAIM$/.test(last.word) && /^slot \d+ LIFE$/.test(word);
    if (last.op !== "add") return !isEntering;
    return last.word !== "CHANGING" && last.word !== "IDLE" && !/^slot \d+ (CLAIM|LIFE|FLAGS)$/.test(word);
  }
  return true;
}

interface Shape extends Partial<Model> {
  /** How many workers there are to be had for threads. */
  readonly workers?: number;
  /** Main and the supervisor run from one wait to the next in a single step. */
  readonly quiet?: boolean;
  /** What main does. */
  readonly body?: string;
}

function model(name: string, args: object, { workers = 1, quiet = false, body = "main", ...more }: Shape = {}): Model {
  const others = Array.from({ length: workers + 1 }, (_, index) => ({ body: "worker", quiet: quiet && index === 0 }));
  return {
    name,
    process: nameOf,
    threads: [{ body, args: { mortal: (more.deaths ?? 0) > 0, ...args }, quiet }, ...others],
    words: ["gate"],
    notes: ["a", "b", "c", "a runs", "b runs"],
    lapsing: ["a runs", "b runs"],
    maxTime: 5000,
    prompt: true,
    mayRest: (see) => see.done(1),
    maxSteps: 3000,
    invariant,
    change,
    mayDie,
    final,
    ...more,
  };
}

describe("every schedule of the life of threads", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 5)));
  afterAll(() => explorer.close());

  it.each([
    model("one", {}, { preemptions: 2 }),
    model("one after the other", { plan: ["start a", "join a", "start b", "join b"] }, { preemptions: 2 }),
    model(
      "one after the other, time passes",
      { plan: ["start a", "join a", "pause", "start b", "join b"] },
      { preemptions: 1, workers: 2 },
    ),
    model("two at once", { plan: ["start a", "start b", "join a", "join b"] }, { preemptions: 1, workers: 2 }),
    model(
      "a slot that is used again",
      { plan: ["start a", "start b gated", "join a", "open", "join b"] },
      { preemptions: 1, workers: 2 },
    ),
    model("one that dies", {}, { preemptions: 1, deaths: 1 }),
    model(
      "one after the other, one dies",
      { plan: ["start a", "join a", "start b", "join b"] },
      { preemptions: 0, deaths: 1, workers: 2 },
    ),
    model(
      "one after the other, time passes, one dies",
      { plan: ["start a", "join a", "pause", "start b", "join b"] },
      { preemptions: 0, deaths: 1, workers: 3 },
    ),
    model(
      "two at once, one dies",
      { plan: ["start a", "start b", "join a", "join b"] },
      { preemptions: 0, deaths: 1, workers: 2 },
    ),
    model("one that takes long, and may die", { plan: ["start a slow", "join a"] }, { preemptions: 0, deaths: 1 }),
    model("one that is awaited", {}, { body: "asyncMain", preemptions: 2 }),
    model("one that is awaited, and may die", {}, { body: "asyncMain", preemptions: 0, deaths: 1 }),
    model(
      "one that throws",
      { plan: ["start a throwing", "join a", "start b", "join b"] },
      { preemptions: 1, workers: 2 },
    ),
    model("one that throws, or dies", { plan: ["start a throwing", "join a"] }, { preemptions: 0, deaths: 1 }),
    model(
      "one that exits",
      { plan: ["start a exiting", "join a", "start b", "join b"] },
      { preemptions: 1, workers: 2 },
    ),
    model("one that is terminated", { plan: ["start a", "terminate a", "join a"], mortal: true }, { preemptions: 1 }),
    model("one that starts another", { plan: ["start a nesting", "join a"] }, { preemptions: 1, workers: 2 }),
    model(
      "one that starts another, one dies",
      { plan: ["start a nesting", "join a"] },
      { quiet: true, preemptions: 0, deaths: 1, workers: 2 },
    ),
    model("one that starts two others", { plan: ["start a nestingTwice", "join a"] }, { preemptions: 0, workers: 3 }),
    model(
      "one that starts two others, one dies",
      { plan: ["start a nestingTwice", "join a"] },
      { quiet: true, preemptions: 0, deaths: 1, workers: 3 },
    ),
    model("the end of the process", { plan: ["start a", "start b", "end"] }, { preemptions: 1, workers: 2 }),
    model(
      "the end of the process, one dies",
      { plan: ["start a", "start b", "end"] },
      { preemptions: 0, deaths: 1, workers: 2 },
    ),
    model(
      "the end of the process, one starts another",
      { plan: ["start a nesting", "end"] },
      { quiet: true, preemptions: 0, deaths: 1, workers: 2 },
    ),
    model(
      "one that joins another",
      { plan: ["start a", "start b joining a", "join b", "join a"] },
      { preemptions: 0, workers: 2 },
    ),
    model(
      "one that joins another, one dies",
      { plan: ["start a", "start b joining a", "join b", "join a"] },
      { preemptions: 0, deaths: 1, workers: 2 },
    ),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches threads that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string): Breakage => ({ package: "thread", replace, by });
  const again = ["start a", "join a", "start b", "join b"];

  it.each([
    {
      name: "are sent to a worker that was woken before they are posted",
      breakages: [
        broken("PARKED, TAKEN) === PARKED;", "PARKED, BUSY) === PARKED;"),
        broken("if (!replace(control, TAKEN, BUSY)) return false;", "if (isGone(control)) return false;"),
      ],
      by: model(
        "threads",
        { plan: ["start a", "join a", "pause", "start b", "join b"] },
        { preemptions: 2, workers: 2 },
      ),
    },
    {
      name: "leave a dead worker counted as idle",
      breakages: [broken("if ((was & ~ORPHANED) === PARKED) Atomics.sub(idleWorkers.words, idleWorkers.at, 1);", "")],
      by: model("threads", {}, { deaths: 1 }),
    },
    {
      name: "are looked for before the worker is gone for all to see",
      breakages: [
        broken("leave(control); const entry = assigned(control);", "const entry = assigned(control); leave(control);"),
      ],
      by: model("threads", { plan: again }, { preemptions: 1, deaths: 1, workers: 2 }),
    },
    {
      name: "are left to a supervisor who has not seen them",
      breakages: [broken("if (!unassign(link.control, entry) || !isAlive(entry)) return;", "return;")],
      by: model("threads", { plan: again }, { preemptions: 1, deaths: 1, workers: 2 }),
    },
    {
      name: "leave workers waiting for a starter who is gone",
      breakages: [
        broken("for (const employee of employees) if (employee.client === client) orphan(employee.control);", ""),
      ],
      by: model("threads", { plan: ["start a nestingTwice", "join a"] }, { quiet: true, deaths: 1, workers: 3 }),
    },
    {
      name: "are known by their slot alone",
      breakages: [
        broken(
          "return Atomics.load(words, place(slot) + LIFE) === ident;",
          "return Atomics.load(words, place(slot) + LIFE) !== 0;",
        ),
      ],
      by: model("threads", { plan: ["start a", "start b gated", "join a", "open", "join b"] }, { workers: 2 }),
    },
    {
      name: "have ended before what they leave is on its way",
      breakages: [
        broken(
          "const outcome = this.#isRaw ? void 0 : this.#post();",
          "const mine = end(this.#entry); const outcome = this.#isRaw ? void 0 : this.#post();",
        ),
        broken("if (!end(this.#entry)) return;", "if (!mine) return;"),
      ],
      by: model("threads", {}, { preemptions: 1 }),
    },
    {
      name: "give their slot away before they have ended",
      breakages: [
        broken(
          "const outcome = this.#isRaw ? void 0 : this.#post();",
          "vacate(this.#entry); const outcome = this.#isRaw ? void 0 : this.#post();",
        ),
      ],
      by: model("threads", { plan: ["start a", "start b", "join a", "join b"] }, { preemptions: 1, workers: 2 }),
    },
    {
      name: "free the slot of another",
      breakages: [
        broken(
          "if (Atomics.compareExchange(words, place(slot) + CLAIM, claimed, 0) !== claimed) return;",
          "Atomics.store(words, place(slot) + CLAIM, 0);",
        ),
      ],
      by: model("threads", { plan: again }, { deaths: 1, workers: 2 }),
    },
    {
      name: "take their slot with them if terminated while they enter another",
      breakages: [broken("vacateUnentered(worker);", "")],
      by: model("threads", { plan: ["start a nesting", "join a"] }, { quiet: true, deaths: 1, workers: 2 }),
    },
    {
      name: "leave alive what they could not ask for",
      breakages: [broken("endUnbegun(client, worker); }", "}")],
      by: model("threads", { plan: ["start a nesting", "join a"] }, { quiet: true, deaths: 1, workers: 2 }),
    },
    {
      name: "are not told of if they die between their end and the wake",
      breakages: [broken("return completeEnd(entry);", "return vacate(entry);")],
      by: model("threads", { plan: ["start a slow", "join a"] }, { deaths: 1 }),
    },
    {
      name: "are ended twice",
      breakages: [
        broken(
          "const mine = Atomics.compareExchange(words, at + LIFE, ident, 0) === ident;",
          "const mine = true; Atomics.store(words, at + LIFE, 0);",
        ),
        broken("return completeEnd(entry);", "completeEnd(entry);"),
      ],
      by: model("threads", {}, { deaths: 1 }),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
