/** Gives out idents. No two threads of the process have the same one, also if they share no table. */
import { FIRST_OF_WORKERS, IDENT_MAX, ThreadError } from "@x/core";
import { threadPlatform } from "../platform/host.js";
import { MAIN_IDENT, root } from "./layout.js";

/** Halves of idents below this one are for worlds whose root is the process's main thread; the others are cut into blocks. */
const OTHERS = FIRST_OF_WORKERS / 2;

const idents = new Int32Array(root.buffer);

const BLOCK = 2 ** 10;
const BLOCKS = ((IDENT_MAX + 1) / 2 - OTHERS) / BLOCK;

/**
 * An ident that no thread of the process has had. Threads of two worlds may meet at a lock, so their idents differ, although worlds that
 * no common ancestor has introduced share no memory. But the platform numbers all workers of a process, and uses no number twice. So
 * a number is the right to a block of idents: a root begins with that of its own number, and has a worker made for the number alone
 * once a block is used up.
 */
export function nextIdent(): number {
  return 2 * (root.ident === MAIN_IDENT ? nextOfMain() : nextOfBlock());
}

function nextOfMain(): number {
  const next = Atomics.add(idents, root.at, 1) + 1;
  if (next >= OTHERS)
    throw new ThreadError("thread: can't start new thread: all idents have been used; restart the process");
  return next;
}

function nextOfBlock(): number {
  for (;;) {
    const last = Atomics.load(idents, root.at);
    const next = last !== 0 && (last + 1) % BLOCK !== 0 ? last + 1 : firstOfBlock(last);
    if (Atomics.compareExchange(idents, root.at, last, next) === last) return next;
  }
}

function firstOfBlock(last: number): number {
  const own = (root.ident - 1) / 2;
  const number = last === 0 && own < BLOCKS ? own : (threadPlatform?.newNativeId() ?? BLOCKS);
  if (number < BLOCKS) return OTHERS + number * BLOCK;
  throw new ThreadError(
    'thread: can\'t start new thread: all idents for threads of workers have been used; import "@x/thread" in the main thread, ' +
      "before it starts the worker",
  );
}
