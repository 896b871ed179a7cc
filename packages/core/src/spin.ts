/**
 * Looking at a word again and again, rather than to sleep and be woken, which takes longer: for what another thread, which has to be
 * woken for it, is about to hand over from another core. (`block` looks for some 3 microseconds by itself: too short for that.) Where
 * it does not come, because the machine has other things to do, spinning only delays it, so a spinner that was wrong holds back for a
 * while, and longer each time.
 */
import { realm } from "./realm.js";

/** Some 20 microseconds: a little longer than it takes to wake a thread that sleeps. */
const TURNS = 4000;

/** The most often that a spinner which was wrong again and again holds back before it tries once more. */
const MAX_PENALTY = 64;

/** @internal */
export class Spinner {
  private penalty = 0;
  private holdBack = 0;

  /** Until `words[index]` is no longer `value`: then it returns true. False if that takes too long, or it holds back. */
  spin(words: Int32Array, index: number, value: number): boolean {
    if (realm.looks === 0) return false;
    if (this.holdBack > 0) {
      this.holdBack--;
      return false;
    }
    for (let turn = 0; turn < TURNS; turn++) {
      if (Atomics.load(words, index) === value) continue;
      this.penalty = 0;
      return true;
    }
    this.penalty = Math.min(MAX_PENALTY, 2 * this.penalty + 1);
    this.holdBack = this.penalty;
    return false;
  }
}
