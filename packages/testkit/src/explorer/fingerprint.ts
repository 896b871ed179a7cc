import { digest } from "./process.js";
import { settled, type State } from "./state.js";

/** Stands for every thread that has come to its end, and for every one that has died: how it came there matters no more. */
const ENDED = 0;
const DEAD = -1;

/**
 * A state as one number of 53 bits, by which it is known again. Two of a million states are taken for one with a
 * probability of about one in ten thousand.
 *
 * @param bounded does it matter who ran last, and how often somebody was made to wait?
 */
export function fingerprint(state: State, bounded: boolean): number {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  const take = (value: number): void => {
    high = Math.imul(high ^ value, 0xcc9e2d51);
    high ^= high >>> 15;
    low = Math.imul(low ^ value, 0x1b873593);
    low ^= low >>> 13;
  };
  const { memory, clock, ticks, queue, threads, obituaries, last, preemptions } = state;
  for (let index = 0; index < memory.length; index++) take(memory[index]!);
  take(clock * 16);
  take(ticks);
  for (const thread of obituaries) take(thread);
  for (let thread = 0; thread < threads.length; thread++) {
    const { node, asleep, dead, ready, timers, signals, told, vigil, wills } = threads[thread]!;
    if (dead) {
      take(DEAD);
      for (const { word, bits, holders } of wills) take(word ^ bits ^ (holders << 8));
      continue;
    }
    if (
      settled(threads[thread]!) &&
      ready.length === 0 &&
      timers.length === 0 &&
      !queue.some((w) => w.thread === thread)
    ) {
      take(ENDED);
      continue;
    }
    take(node.id * 2 + (asleep ? 1 : 0));
    for (const what of ready) take(what);
    take(-1);
    for (const { number, due } of timers) {
      take(number);
      take(due * 16);
    }
    take(-2);
    for (const number of signals) take(number);
    take(-3);
    take(told);
    if (vigil !== undefined) take(vigil.heard * 4096 + vigil.word);
  }
  for (const { word, thread, promise, due } of queue) {
    take(word * 16 + thread);
    take(promise);
    take(due === Infinity ? -1 : due * 16);
  }
  if (state.process !== undefined) for (const value of digest(state.process)) take(value);
  if (bounded) take(last * 64 + preemptions);
  return (high >>> 0) * 2 ** 21 + ((low ^ Math.imul(high, 0xe6546b64)) >>> 11);
}
