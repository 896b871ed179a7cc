/** Who has slept for long, and on what; kept by the supervisor, who wakes them when somebody has died. */
import { platform, type Port, wake, type Words } from "@x/core";
import { deaths } from "./world.js";

/** A long wait of a thread. */
export interface LongWait {
  /** Who waits. */
  readonly ident: number;
  /** What for, in words. */
  readonly on: string;
  /** What it sleeps on. */
  readonly words: Int32Array;
  readonly index: number;
  /** Of how many deaths it knew when it looked for the last time. */
  readonly hasHeardOf: number;
  readonly number: number;
  /** Shows that number while the thread is asleep, or about to be. */
  readonly kept: Words;
}

/**
 * A wake may come before the sleep:
 *     // T1 looks; T2 dies, and T1 is woken; T1 sleeps, and nobody wakes him.
 * So whoever has not been seen to wake is woken again after so many milliseconds.
 */
const AGAIN_MS = 20;

/** Of each thread the last one, by the port through which it asks. */
const vigils = new Map<Port, LongWait>();

let isRousing = false;

export function keepVigil(client: Port, vigil: LongWait): void {
  vigils.set(client, vigil);
  rouse();
}

export function forgetVigil(client: Port): void {
  vigils.delete(client);
}

/** Wakes those who have not looked since the last death. */
export function rouse(): void {
  if (isRousing) return;
  let isAnyAsleep = false;
  for (const [client, { words, index, hasHeardOf, number, kept }] of vigils) {
    if (Atomics.load(kept.words, kept.at) !== number) vigils.delete(client);
    else if (hasHeardOf !== deaths()) {
      wake(words, index);
      isAnyAsleep = true;
    }
  }
  if (!isAnyAsleep) return;
  isRousing = true;
  platform.setTimer(() => {
    isRousing = false;
    rouse();
  }, AGAIN_MS);
}
