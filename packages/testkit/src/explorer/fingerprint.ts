import { digest } from "./process.js";
import { hasFinished, type State } from "./state.js";

/**
 * Every finished thread has the same fingerprint, and every dead thread too: their histories no
 * longer matter.
 */
const ENDED = 0;
const DEAD = -1;

/**
 * Hashes a state to 53 bits. Among a million states, two collide with a probability of about 1 in
 * 10,000.
 *
 * @param bounded do the last thread and the number of preemptions matter?
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
  const { memory, clock, ticks, queue, threads, announcedDeaths, last, preemptions } = state;
  for (let index = 0; index < memory.length; index++) {
    const value = memory[index]!;
    if (value === 0) continue; // most words of a large model are
    take(index);
    take(value);
  }
  take(-4);
  take(clock * 16);
  take(ticks);
  for (const thread of announcedDeaths) take(thread);
  for (let thread = 0; thread < threads.length; thread++) {
    const { node, asleep, dead, ready, timers, signals, seenDeaths, blockedWait, deathActions } = threads[thread]!;
    if (dead) {
      take(DEAD);
      for (const { word, bits, holders } of deathActions) take(word ^ bits ^ (holders << 8));
      continue;
    }
    if (
      hasFinished(threads[thread]!) &&
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
    take(seenDeaths);
    if (blockedWait !== undefined) take(blockedWait.knownDeaths * 4096 + blockedWait.word);
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
