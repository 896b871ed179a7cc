/** Gives out idents. No two threads of a process share an ident, even if they share no table. */
import { ThreadError } from "@x/core";
import { FIRST_OF_WORKERS, IDENT_MAX } from "@x/core/internal";
import { host } from "../platform/host.js";
import { MAIN_IDENT, root } from "./layout.js";

/**
 * Halves of idents below this bound belong to tables with the process's main thread as root. The
 * halves above are cut into blocks.
 */
const OTHERS = FIRST_OF_WORKERS / 2;

/** The words of {@link Root.buffer}, made at the first need. */
let idents: Int32Array | undefined;

const BLOCK = 2 ** 10;
const BLOCKS = ((IDENT_MAX + 1) / 2 - OTHERS) / BLOCK;

/**
 * Returns an ident never used by a thread of the process. Threads of two tables may use the same lock,
 * so their idents must differ. But two tables share memory only if their roots have a common
 * ancestor. The platform numbers all workers of a process, and never reuses a number. So each
 * worker number grants a block of idents. A root begins with the block of its own number. When a
 * block is used up, the root starts a worker only to get its number.
 */
export function nextIdent(): number {
  return 2 * (root.ident === MAIN_IDENT ? nextOfMain() : nextOfBlock());
}

function nextOfMain(): number {
  const next = Atomics.add(counter(), root.at, 1) + 1;
  if (next >= OTHERS)
    throw new ThreadError("thread: can't start new thread: all idents have been used; restart the process");
  return next;
}

function nextOfBlock(): number {
  for (;;) {
    const last = Atomics.load(counter(), root.at);
    const next = last !== 0 && (last + 1) % BLOCK !== 0 ? last + 1 : firstOfBlock(last);
    if (Atomics.compareExchange(counter(), root.at, last, next) === last) return next;
  }
}

function firstOfBlock(last: number): number {
  const own = (root.ident - 1) / 2;
  const number = last === 0 && own < BLOCKS ? own : host().newNativeId();
  if (number < BLOCKS) return OTHERS + number * BLOCK;
  throw new ThreadError(
    'thread: can\'t start new thread: all idents for threads of workers have been used; import "@x/thread" in the main thread, ' +
      "before it starts the worker",
  );
}

function counter(): Int32Array {
  return (idents ??= new Int32Array(root.buffer));
}
