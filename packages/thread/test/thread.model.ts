import { type Breakage, catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./thread.bodies.mjs", import.meta.url);

const HEAD = [
  ...["IDENTS", "NUMBERS", "HIGH", "STACK_SIZE", "PHASE", "HINT", "LIMIT", "TURNS", "DETECTING", "WORKERS"],
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
  "ROOT",
  "WANTED",
];
const HEAD_WORDS = 64;
const SLOT_WORDS = 64;
const SLOTS = 16384;

/** Models use only its first word. */
const TAKES_WORKER = "TAKES_WORKER";

/** Names a word of the thread table (region 1), of the set of dead idents (region 2), or of the slab of an agent. */
function nameOf(region: number, index: number): string {
  if (region === 2) return index === 0 ? "DEATHS" : `deaths ${index}`;
  if (region > 2) return `T${region - 2}'s ${Math.floor(index / 16)}:${index % 16}`;
  if (index < HEAD_WORDS) return HEAD[index] ?? `head ${index}`;
  const slot = Math.floor((index - HEAD_WORDS) / SLOT_WORDS);
  return slot < SLOTS ? `slot ${slot} ${SLOT[(index - HEAD_WORDS) % SLOT_WORDS]}` : TAKES_WORKER;
}

const SLOTS_USED = [1, 2, 3];
const SUPERVISOR = 2;
const FIRST_WORKER = 3;

/** At the end all slots are free, and no thread takes a worker. */
function final(view: StateView): string | undefined {
  for (const slot of SLOTS_USED) {
    for (const name of ["CLAIM", "LIFE"])
      if (view.word(`slot ${slot} ${name}`) !== 0)
        return `${name} of slot ${slot} is ${view.word(`slot ${slot} ${name}`)}`;
  }
  const taking = view.word(TAKES_WORKER);
  return taking === 0 ? undefined : `${TAKES_WORKER} is ${taking}`;
}

/** A live thread takes a worker, and its slot is its own. */
function invariant(view: StateView): string | undefined {
  const wrong = SLOTS_USED.find((slot) => {
    if (view.word(`slot ${slot} LIFE`) === 0) return false;
    return view.word(`slot ${slot} CLAIM`) === 0 || (view.word(TAKES_WORKER) & (1 << slot)) === 0;
  });
  return wrong === undefined ? undefined : `slot ${wrong} has a thread that lives, and is free, or takes no worker`;
}

/** A word of a slot: a worker writes it when its thread runs. */
const saysThatItRuns = /^slot (\d+) (?:STAGE|NATIVE)$/;

/** A worker writes such a word only in the slot of its own thread. */
function change(before: StateView, after: StateView, { thread }: { thread: number }): string | undefined {
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

interface Shape extends Partial<Model> {
  /** The number of workers for threads. */
  readonly workers?: number;
  /** Main and the supervisor run from wait to wait in a single step. */
  readonly quiet?: boolean;
  /** The body of main. */
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
    livingOnly: ["a runs", "b runs"],
    maxTime: 5000,
    urgent: true,
    mayRest: (view) => view.done(1),
    maxSteps: 3000,
    invariant,
    change,
    final,
    ...more,
  };
}

/** The supervisor may be killed before every operation of its own, and its workers end after it. */
const SUPERVISOR_DIES = {
  deaths: 1,
  isSupervisorMortal: true,
  mayDie: (view: StateView, number: number): boolean => number === SUPERVISOR || view.isDead(SUPERVISOR),
};

/** Main makes the worker of the first thread. */
const FIRST = { makesFirst: true };

/** The first thread is terminated by another, while main is blocked. */
const BY_ANOTHER = { ...FIRST, plan: ["start a gated", "start b terminating a", "join a", "join b"], mortal: "a" };

const AGAIN = ["start a", "join a", "start b", "join b"];

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
    model(
      "one that is terminated, and the next one",
      { plan: ["start a", "terminate a", "join a", "start b", "join b"], mortal: "a" },
      { preemptions: 1, workers: 2 },
    ),
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

  it.each([
    model("one", FIRST, { preemptions: 2 }),
    model("one after the other", { ...FIRST, plan: AGAIN }, { preemptions: 1 }),
    model(
      "two at once",
      { ...FIRST, plan: ["start a", "start b", "join a", "join b"] },
      { preemptions: 1, workers: 2 },
    ),
    model("one that dies", FIRST, { preemptions: 0, deaths: 1, workers: 2 }),
    model("one after the other, one dies", { ...FIRST, plan: AGAIN }, { preemptions: 0, deaths: 1, workers: 2 }),
    model(
      "one that takes long, and may die",
      { ...FIRST, plan: ["start a slow", "join a"] },
      { preemptions: 0, deaths: 1, workers: 2 },
    ),
    model("one that is awaited, and may die", FIRST, { body: "asyncMain", preemptions: 0, deaths: 1, workers: 2 }),
    model(
      "one that throws",
      { ...FIRST, plan: ["start a throwing", "join a", "start b", "join b"] },
      { workers: 2, preemptions: 1 },
    ),
    model(
      "one that is terminated by main",
      { ...FIRST, plan: ["start a", "terminate a", "join a", "start b", "join b"], mortal: "a" },
      { preemptions: 1, workers: 2 },
    ),
    model("one that is terminated by another thread", BY_ANOTHER, { preemptions: 0, workers: 2 }),
    model("the supervisor dies", FIRST, { ...SUPERVISOR_DIES, preemptions: 0 }),
    model(
      "the supervisor dies: one that takes long",
      { ...FIRST, plan: ["start a slow", "join a"] },
      { ...SUPERVISOR_DIES, preemptions: 0 },
    ),
    model("the supervisor dies: one that is awaited", FIRST, { ...SUPERVISOR_DIES, body: "asyncMain", preemptions: 0 }),
  ])("main makes the first worker: $name", (model) => void holds(explorer, model));

  it.each([
    model("one", {}, { ...SUPERVISOR_DIES, preemptions: 1 }),
    model("one after the other", { plan: AGAIN }, { ...SUPERVISOR_DIES, preemptions: 0, workers: 2 }),
    model("one that takes long", { plan: ["start a slow", "join a"] }, { ...SUPERVISOR_DIES, preemptions: 0 }),
    model("one that throws", { plan: ["start a throwing", "join a"] }, { ...SUPERVISOR_DIES, preemptions: 0 }),
    model("one that is awaited", {}, { ...SUPERVISOR_DIES, body: "asyncMain", preemptions: 0 }),
    model(
      "two at once",
      { plan: ["start a", "start b", "join a", "join b"] },
      { ...SUPERVISOR_DIES, preemptions: 0, workers: 2 },
    ),
    model(
      "the end of the process",
      { plan: ["start a", "start b", "end"] },
      { ...SUPERVISOR_DIES, preemptions: 0, workers: 2 },
    ),
  ])("the supervisor dies: $name", (model) => void holds(explorer, model));
});

describe("the explorer catches a broken variant: threads", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string): Breakage => ({ package: "thread", replace, by });

  it.each([
    {
      name: "that are sent to a worker that was woken before they are posted",
      breakages: [
        broken("return replace(control, PARKED, CLAIMED);", "return replace(control, PARKED, BUSY);"),
        broken("if (!replace(control, CLAIMED, BUSY)) return false;", "if (hasExited(control)) return false;"),
      ],
      by: model(
        "threads",
        { plan: ["start a", "join a", "pause", "start b", "join b"] },
        { preemptions: 2, workers: 2 },
      ),
    },
    {
      name: "whose starter waits for ever after the death of the supervisor, because main does not check for it",
      breakages: [broken("worker.isGone(taskOf(health))", "false")],
      by: model("threads", {}, SUPERVISOR_DIES),
    },
    {
      name: "whose end is not reported to tasks after the death of the supervisor",
      breakages: [broken("onExit: () => lose(started)", "onExit: () => void 0")],
      by: model("threads", {}, { ...SUPERVISOR_DIES, body: "asyncMain" }),
    },
    {
      name: "that stay in the table after the death of the supervisor",
      breakages: [broken("if (end(entry)) freeSlot(entry); } }", "} }")],
      by: model("threads", {}, SUPERVISOR_DIES),
    },
    {
      name: "that keep their slot if the supervisor dies before their end is complete",
      breakages: [broken("endedHere().forEach(completeEnd);", "")],
      by: model("threads", {}, SUPERVISOR_DIES),
    },
    {
      name: "that are looked up before their worker is marked as gone",
      breakages: [
        broken(
          "markExited(control); const entry = assigned(control);",
          "const entry = assigned(control); markExited(control);",
        ),
      ],
      by: model("threads", { plan: AGAIN }, { preemptions: 1, deaths: 1, workers: 2 }),
    },
    {
      name: "that are left to a supervisor that has not seen them",
      breakages: [broken("if (!unassign(worker.control, entry) || !isAlive(entry)) return true;", "return true;")],
      by: model("threads", { plan: AGAIN }, { preemptions: 1, deaths: 1, workers: 2 }),
    },
    {
      name: "that leave workers waiting for a starter that is gone",
      breakages: [
        broken("for (const record of workerRecords) if (record.client === client) orphan(record.control);", ""),
      ],
      by: model("threads", { plan: ["start a nestingTwice", "join a"] }, { quiet: true, deaths: 1, workers: 3 }),
    },
    {
      name: "that are identified by their slot alone",
      breakages: [
        broken(
          "return Atomics.load(words, place(slot) + LIFE) === ident;",
          "return Atomics.load(words, place(slot) + LIFE) !== 0;",
        ),
      ],
      by: model("threads", { plan: ["start a", "start b gated", "join a", "open", "join b"] }, { workers: 2 }),
    },
    {
      name: "that end before their outcome is posted",
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
      name: "that free their slot before their end",
      breakages: [
        broken(
          "const outcome = this.#isRaw ? void 0 : this.#post();",
          "freeSlot(this.#entry); const outcome = this.#isRaw ? void 0 : this.#post();",
        ),
      ],
      by: model("threads", { plan: ["start a", "start b", "join a", "join b"] }, { preemptions: 1, workers: 2 }),
    },
    {
      name: "that are ended once more, when another thread has their slot",
      breakages: [broken("if (Atomics.load(words, at + CLAIM) !== entry.ident) return;", "")],
      by: model("threads", { plan: AGAIN }, { deaths: 1, workers: 2 }),
    },
    {
      name: "that are terminated in place of the thread before them on their worker",
      breakages: [broken("if (assigned(control).ident === entry.ident) return true;", "return true;")],
      by: model(
        "threads",
        { plan: ["start a", "terminate a", "join a", "start b", "join b"], mortal: "a" },
        { preemptions: 2, workers: 2 },
      ),
    },
    {
      name: "that end by themselves while they are being terminated",
      breakages: [broken("(value & TERMINATING) !== 0", "value < 0")],
      by: model(
        "threads",
        { plan: ["start a", "terminate a", "join a", "start b", "join b"], mortal: "a" },
        { preemptions: 1, workers: 2 },
      ),
    },
    {
      name: "that lose a slot if they are terminated while they enter another thread",
      breakages: [broken("finishRegistering(worker);", "")],
      by: model("threads", { plan: ["start a nesting", "join a"] }, { quiet: true, deaths: 1, workers: 2 }),
    },
    {
      name: "that stay alive although their starter could not ask for a worker",
      breakages: [broken("endUnbegun(client, worker); }", "}")],
      by: model("threads", { plan: ["start a nesting", "join a"] }, { quiet: true, deaths: 1, workers: 2 }),
    },
    {
      name: "whose end wakes nothing if they die between their end and the wake",
      breakages: [broken("return completeEnd(entry);", "return freeSlot(entry);")],
      by: model("threads", { plan: ["start a slow", "join a"] }, { deaths: 1 }),
    },
    {
      name: "that never run, because the first worker has died before, and main is not told",
      breakages: [broken("order(control, START_AGAIN);", "")],
      by: model("threads", FIRST, { deaths: 1, workers: 2 }),
    },
    {
      name: "that are not terminated, because a blocked main does not attend to the first worker",
      breakages: [broken("attend: attendToFirst", "attend: () => void 0")],
      by: model("threads", BY_ANOTHER, { preemptions: 0, workers: 2 }),
    },
    {
      name: "that go on after the death of the supervisor, because main does not end the first worker",
      breakages: [broken("endFirst(); onLoss();", "onLoss();")],
      by: model("threads", FIRST, { ...SUPERVISOR_DIES, body: "asyncMain" }),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
