/**
 * Spins on a word before sleeping: reads it again and again for some microseconds.
 *
 * Spinning pays off if a thread on another core is about to change the word, because to sleep and
 * to be woken takes longer. Otherwise it only delays. After each failed spin, a spinner skips the
 * next 1, 3, 7 … 64 spins.
 */
import { platform } from "../platform/index.js";
import { globalSlot } from "../global-slot.js";

/** `limit` reads of a word take about 3 microseconds. */
const spinning = /* @__PURE__ */ globalSlot("spinning 1", () => ({ limit: 700 }));

/** The largest number of spins skipped in a row, after many failed spins. */
const MAX_PENALTY = 64;

/**
 * Reads `words[index]` up to `limit` times, while it is `value`. Returns whether it has changed.
 */
export function spinUntilChanged(
  words: Int32Array,
  index: number,
  value: number,
  limit: number = spinning.limit,
): boolean {
  for (let i = 0; i < limit; i++) if (Atomics.load(words, index) !== value) return true;
  return false;
}

/** {@link spinUntilChanged}, `times` as long; not on a single core, where no other thread can change the word meanwhile. */
export function spinLongUntilChanged(words: Int32Array, index: number, value: number, times: number): boolean {
  return platform.cores() > 1 && spinUntilChanged(words, index, value, times * spinning.limit);
}

/** Decides from the spins before whether the next one pays off. */
export class Spinner {
  #penalty = 0;
  #skips = 0;
  readonly #spinFactor: number;

  /**
   * @param spinFactor the length of a spin, in multiples of {@link spinUntilChanged}'s default. 6: as long
   *   as it takes to wake a sleeper
   */
  constructor(spinFactor: number = 6) {
    this.#spinFactor = spinFactor;
  }

  /**
   * Spins until `words[index]` is no longer `value`, and then returns true. Returns false if the
   * spin takes too long or is skipped, or on a single core: there no other thread can change the
   * word meanwhile.
   */
  spin(words: Int32Array, index: number, value: number): boolean {
    if (platform.cores() === 1) return false;
    if (this.#skips > 0) {
      this.#skips--;
      return false;
    }
    const changed = spinLongUntilChanged(words, index, value, this.#spinFactor);
    this.#penalty = changed ? 0 : Math.min(MAX_PENALTY, 2 * this.#penalty + 1);
    this.#skips = this.#penalty;
    return changed;
  }
}
