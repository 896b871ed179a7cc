/** Does memory grow? Compares the last third of a run with the third before it. */

/** The memory of a process at one moment, in bytes. */
export interface Sample {
  /** How many have been made by now. */
  readonly made: number;
  readonly rss: number;
  /** The heap of main. */
  readonly heap: number;
}

/** A growth of the process below 32 MiB is noise: each engine collects the heaps of its threads when it likes. */
export const NOISE: number = 32 * 2 ** 20;

/** 2 MiB: the heap of main is collected before each sample. */
export const HEAP_NOISE: number = 2 * 2 ** 20;

/** The first third does not count, because heaps grow to their size first. */
const THIRDS = 3;

/** By how much `what` is larger in the last third of the samples than in the middle third, at the least. */
export function growthOf<S extends Sample>(samples: readonly S[], what: (of: S) => number): number {
  const third = samples.length / THIRDS;
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  return Math.min(...last.map(what)) - Math.min(...middle.map(what));
}

/** Says that `what` has grown by so many bytes in a run that made so many of `name`. */
export function hasGrown(what: string, by: number, made: number, name: string): string {
  return `${what} has grown by ${mib(by).trim()} MiB in the last third of ${made} ${name}`;
}

/** A column of a table, in MiB. */
export function mib(bytes: number | undefined): string {
  return (bytes === undefined ? "-" : (bytes / 2 ** 20).toFixed(1)).padStart(8);
}
