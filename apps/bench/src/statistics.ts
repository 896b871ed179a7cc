/** Statistics of samples. */
import { geometricMean, median, quantileSorted } from "simple-statistics";

/** The median, and the bounds of the middle half. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { median: median(sorted), low: quantileSorted(sorted, 0.25), high: quantileSorted(sorted, 0.75) };
}

/**
 * How many times as good the first is. Compares round by round, because both samples of a round saw
 * the same machine.
 *
 * @param ours our samples, one per round; `theirs` likewise
 */
export function timesAsGood(ours: readonly number[], theirs: readonly number[], better: "less" | "more"): Spread {
  const rounds = Math.min(ours.length, theirs.length);
  const ratios = Array.from({ length: rounds }, (_, round) => {
    const ratio = theirs[round]! / ours[round]!;
    return better === "less" ? ratio : 1 / ratio;
  });
  return spreadOf(ratios);
}

export { geometricMean };
