import { type Breakage, catches, Explorer, holds, type Model, MODEL_TIMEOUT, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

interface Broken {
  readonly name: string;
  readonly breakages: readonly Breakage[];
  readonly by: Model;
}

const BODIES = new URL("./ring.bodies.mjs", import.meta.url);

/** The header, and room for three records without bytes. */
const WORDS = [
  ...["TAIL", "HEAD", "BASE", ""],
  ...["length 1", "kind 1", "length 2", "kind 2", "length 3", "kind 3", "length 4", "kind 4"],
];

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return { name, threads, words: WORDS, notes: ["written"], available: () => true, ...more };
}

const writer = (count: number): ThreadOfModel => ({ body: "writer", args: { count } });
const poller = (times: number): ThreadOfModel => ({ body: "poller", args: { times } });
const listener = (count: number): ThreadOfModel => ({ body: "listener", args: { count } });

/** The writer may die at any point: the listener then waits for ever. */
const MORTAL: Partial<Model> = { deaths: 1, mayDie: (_, number) => number === 1, mayWait: () => true };

const POLLED = model("a reader that blocks", [writer(3), poller(5)]);
const LISTENED = model("a reader in its event loop", [writer(2), listener(2)]);

describe("every schedule of a ring", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 2)));
  afterAll(() => explorer.close());

  it.each([
    POLLED,
    LISTENED,
    model("a reader in its event loop, and more records", [writer(3), listener(3)], { preemptions: 3 }),
    model("a writer that dies, and a reader that blocks", [writer(3), poller(5)], MORTAL),
    model("a writer that dies, and a reader in its event loop", [writer(2), listener(2)], MORTAL),
  ])("$name", (each) => void holds(explorer, each));
});

const breakage = (replace: string, by: string): Breakage => ({ package: "core", replace, by });

/** One for each invariant, and one for the wake-up. */
const BROKEN: readonly Broken[] = [
  {
    name: "TAIL before the record is complete",
    breakages: [
      breakage("words[at] = bytes.length;", "Atomics.store(words, TAIL, tail + size | 0); words[at] = bytes.length;"),
    ],
    by: POLLED,
  },
  {
    name: "HEAD before the record is copied",
    breakages: [
      breakage("const length = words[at];", "Atomics.store(words, HEAD, head + 2 | 0); const length = words[at];"),
    ],
    by: POLLED,
  },
  {
    name: "BASE read before TAIL",
    breakages: [
      breakage(
        "if (Atomics.load(words, TAIL) === head) return void 0;",
        "const base = Atomics.load(words, BASE); if (Atomics.load(words, TAIL) === head) return void 0;",
      ),
      breakage("(head - Atomics.load(words, BASE) | 0)", "(head - base | 0)"),
    ],
    by: POLLED,
  },
  {
    name: "BASE moved while there are records",
    breakages: [breakage("if (Atomics.load(words, HEAD) === tail) Atomics.store", "Atomics.store")],
    by: POLLED,
  },
  {
    name: "no wake-up",
    breakages: [breakage("wakeSleepers(words, TAIL);\n  return true;", "return true;")],
    by: LISTENED,
  },
];

describe("a broken ring", { timeout: MODEL_TIMEOUT }, () => {
  it.each(BROKEN)("$name: the explorer finds it", async ({ breakages, by }) => {
    await catches(BODIES, breakages, by);
  });
});
