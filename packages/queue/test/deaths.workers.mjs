/** The threads of deaths.stress.ts and owner-deaths.test.ts. Each notes in shared memory what it has put or got, because it may be terminated at any point. */
import { expose } from "@x/thread";

/** The numbers of a producer's items are me × PART, me × PART + 1 … */
export const PART = 1e6;

function itemOf(me, n) {
  return n % 3 === 0 ? me * PART + n : { me, n, text: "x".repeat((n * 37) % 900) };
}

/** The number of an item; throws if it is not whole. */
export function numberOf(item) {
  if (typeof item === "number") return item;
  const { me, n, text } = item;
  if (text.length !== (n * 37) % 900) throw new Error(`item ${n} of producer ${me} is not whole`);
  return me * PART + n;
}

/** More items in a queue without limit would fill its memory while no consumer lives. */
const MANY = 10_000;

const word = new Int32Array(new SharedArrayBuffer(4));

/** A fast machine gets here: nothing is left to do but to die. */
export function awaitDeath() {
  for (;;) Atomics.wait(word, 0, 0);
}

/** Puts its items in turn. `sent[me]`: how many have been put for certain. */
export function produce(queue, me, sent) {
  for (let n = 0; n < PART; n++) {
    while (n % 100 === 0 && queue.qsize() > MANY) Atomics.wait(word, 0, 0, 1);
    queue.put(itemOf(me, n));
    Atomics.store(sent, me, n + 1);
  }
  awaitDeath();
}

/** `log`: how many it has got, then their numbers. */
function note(log, item) {
  const n = Atomics.load(log, 0);
  log[n + 1] = numberOf(item);
  Atomics.store(log, 0, n + 1);
  if (n + 2 === log.length) awaitDeath();
}

export function consume(queue, log) {
  for (;;) note(log, queue.get());
}

export async function consumeAsync(queue, log) {
  for (;;) note(log, await queue.getAsync());
}

expose(import.meta, { awaitDeath, produce, consume, consumeAsync });
