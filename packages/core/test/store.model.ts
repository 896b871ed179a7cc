import { catches, Explorer, holds, type Model, MODEL_TIMEOUT, type StateView, type ThreadOfModel } from "@x/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const BODIES = new URL("./store.bodies.mjs", import.meta.url);

const BLOCKS = 36;
const BLOCK_WORDS = 4;
const ROOM = 5;
const CLASSES = Array.from({ length: 27 }, (_, c) => `FREE ${c}`);
const WORDS = [
  ...["lock", "lock epoch", "lock starving", "lock starving epoch", "lock lease end", ""],
  ...["BYTES", "END", ...CLASSES, " "],
  ...Array.from({ length: ROOM }, (_, n) => [`next ${n}`, `mark ${n}`, `  ${n}`, `   ${n}`]).flat(),
];

/** The free blocks, by following the list. */
function freeBlocks(view: StateView): number[] {
  const blocks: number[] = [];
  for (let at = view.word("FREE 0"); at !== 0 && blocks.length <= ROOM;) {
    const n = (at / 4 - BLOCKS) / BLOCK_WORDS;
    blocks.push(n);
    at = view.word(`next ${n}`);
  }
  return blocks;
}

/** Every block is free at the end, but for at most one per death. */
const allFree =
  (deaths: number, kept = 0) =>
  (view: StateView): string | undefined => {
    const free = freeBlocks(view);
    const made = (view.word("END") / 4 - BLOCKS) / BLOCK_WORDS;
    if (new Set(free).size !== free.length) return `a block is free twice: ${free.join(" ")}`;
    if (free.some((n) => n < 0 || n >= made)) return `a block is free that was not made: ${free.join(" ")}`;
    const lost = made - free.length - kept;
    return lost >= 0 && lost <= deaths ? undefined : `${made} blocks were made, and ${free.length} are free`;
  };

function model(name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return {
    name,
    setup: { body: "make" },
    threads,
    words: WORDS,
    preemptions: 3,
    available: (view) => view.word("lock") >> 2 === 0,
    final: allFree(0),
    ...more,
  };
}

const user = (args: object = {}): ThreadOfModel => ({ body: "user", args });

const mortal = (name: string, threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model =>
  model(name, threads, { deaths: 1, preemptions: 1, final: allFree(1), ...more });

const THREE_FREE: Partial<Model> = { setup: { body: "make", args: { blocks: 3 } } };

describe("every schedule of Store", { timeout: MODEL_TIMEOUT }, () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it.each([
    model("two threads, new blocks", [user(), user()]),
    model("two threads, free blocks", [user(), user()], THREE_FREE),
    model("two threads, again", [user({ times: 2 }), user()], { ...THREE_FREE, preemptions: 2 }),
    model("three threads", [user(), user(), user()], { ...THREE_FREE, preemptions: 1 }),
    mortal("one of two threads dies, new blocks", [user(), user()]),
    mortal("one of two threads dies, free blocks", [user(), user()], THREE_FREE),
    mortal("one of two threads dies, again", [user({ times: 2 }), user()], { ...THREE_FREE, preemptions: 0 }),
  ])("$name", (model) => void holds(explorer, model));
});

describe("the explorer catches a Store that", { timeout: MODEL_TIMEOUT }, () => {
  const broken = (replace: string, by: string) => [{ package: "core", replace, by }];

  it.each([
    {
      name: "hands out a block before it leaves the list",
      breakages: broken("head[at + FIRST_FREE + size] = this.words[first >> 2];", ""),
      by: model("two threads", [user(), user()], THREE_FREE),
    },
    {
      name: "frees a block before it links it",
      breakages: broken(
        "this.words[freed >> 2] = head[list]; head[list] = freed;",
        "const next = head[list]; head[list] = freed; this.words[freed >> 2] = next;",
      ),
      by: mortal("two threads", [user(), user()], THREE_FREE),
    },
    {
      name: "does not move the end",
      breakages: broken("head[at + END] = end;", ""),
      by: model("two threads", [user(), user()]),
    },
  ])("$name", async ({ breakages, by }) => void (await catches(BODIES, breakages, by)));
});
