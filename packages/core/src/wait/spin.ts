/**
 * Looking at a word again and again, rather than to sleep and be woken, which takes longer: for what another thread is about to hand over
 * from another core. Where it does not come, because waits are long, or the other one needs this core in order to run, spinning only
 * delays it; so a spinner that was wrong holds back for a while, and longer each time.
 */
import { platform } from "../platform/index.js";
import { globalSlot } from "../global-slot.js";

/** How often a thread looks at a word before it sleeps on it: some 3 microseconds. */
const spinning = /* @__PURE__ */ globalSlot("spinning 1", () => ({ limit: 700 }));

/** The most often that a spinner which was wrong again and again holds back before it tries once more. */
const MAX_PENALTY = 64;

/** Looks so often for `words[index]` to be no longer `value`; says whether that came. `spinning.limit` times take some 3 microseconds. */
export function spinUntilChanged(
  words: Int32Array,
  index: number,
  value: number,
  looks: number = spinning.limit,
): boolean {
  for (let look = 0; look < looks; look++) if (Atomics.load(words, index) !== value) return true;
  return false;
}

/** @internal */
export class Spinner {
  private penalty = 0;
  private holdBack = 0;

  /** @param patience how many times as long as {@link spinUntilChanged} it looks; as long as it takes to wake a thread that sleeps, if left out */
  constructor(private readonly patience: number = 6) {}

  /**
   * Until `words[index]` is no longer `value`: then it returns true. False if that takes too long, or it holds back, or nobody could
   * change it meanwhile, as there is but one core.
   */
  spin(words: Int32Array, index: number, value: number): boolean {
    if (platform.cores() === 1) return false;
    if (this.holdBack > 0) {
      this.holdBack--;
      return false;
    }
    const came = spinUntilChanged(words, index, value, this.patience * spinning.limit);
    this.penalty = came ? 0 : Math.min(MAX_PENALTY, 2 * this.penalty + 1);
    this.holdBack = this.penalty;
    return came;
  }
}
