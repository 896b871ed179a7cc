/** The bodies of the threads of store.model.ts: a lock at word 0, the store's head at word HEAD, its blocks from word BLOCKS on. */
import {
  acquiringExclusively,
  block,
  Deadline,
  release,
  NO_BLOCK,
  OwnerDiedError,
  Store,
  tryAcquire,
  wordsOf,
} from "@x/core/internal";
import { Primitive } from "@x/core";

const HEAD = 6;
const END = HEAD + 1;
const BLOCKS = 36;

/** The words of the model's memory. */
class Words extends Primitive {
  static KIND = "test Words";
  static BYTES = 4;
  constructor(place) {
    super(Words, place);
  }
  toString() {
    return "Words";
  }
}

function open(t) {
  const { words } = wordsOf(new Words(t.at(0)));
  return { words, store: t.quietly(() => new Store(words, HEAD, t.at(0).buffer)) };
}

/** Runs `body` under the lock. */
function locked(t, { words, store }, body) {
  try {
    if (!tryAcquire(words, 0)) block(acquiringExclusively(words, 0, Deadline.NEVER), "core", "nothing");
  } catch (error) {
    t.check(error instanceof OwnerDiedError, `threw ${error}`);
  }
  store.refresh();
  const result = body(store, words);
  release(words, 0);
  return result;
}

/** Begins the blocks behind the words of lock and head, and frees `blocks` of them. */
export function make(t, { blocks = 0 } = {}) {
  t.quietly(() => {
    const { words, store } = open(t);
    words[END] = 4 * BLOCKS;
    const made = Array.from({ length: blocks }, () => store.allocate(16));
    for (const one of made) store.free(one, 16);
  });
}

/** Allocates a block, marks it, finds its mark, and frees it, `times` times. */
export function user(t, { times = 1, keeps = false } = {}) {
  const ours = open(t);
  for (let time = 0; time < times; time++) {
    const mine = locked(t, ours, (store) => store.allocate(16));
    t.check(mine !== NO_BLOCK, "the memory is full");
    ours.words[mine / 4 + 1] = t.number;
    t.rest();
    t.check(ours.words[mine / 4 + 1] === t.number, "two threads have one block");
    if (keeps) continue;
    locked(t, ours, (store) => store.free(mine, 16));
  }
}
