/**
 * What a row is: one thing to do, done side by side by us and by our rivals. Each row is a file in `rows/`, whose name is the
 * row's name on the command line and the key of its goals in goals.ts.
 */

/** Where on its axis a row is measured: a number of threads, say. */
export type Point = number | string;

/** What one turn of measuring tells: the value, and what else the row wants shown. */
export interface Sample {
  readonly value: number;
  readonly [metric: string]: number;
}

/** Measures for about so many milliseconds. */
export type Measure = (ms: number) => number | Sample | Promise<number | Sample>;

interface Limits {
  /** It takes part in points up to this one. */
  readonly upTo?: number;
}

/** Runs in a Node process of its own. */
export interface JsContestant<P extends Point = Point> extends Limits {
  readonly kind: "js";
  /** Readies everything for a point; the rest of the process's life it measures. */
  setup(point: P, self: Self): Measure | Promise<Measure>;
  /** What Node is started with. */
  readonly flags?: readonly string[];
}

/** A file in `peers/`, compiled or run in a process of its own; see `peers/peer.h` and `peers/peer.py`. */
export interface ForeignContestant extends Limits {
  readonly kind: "c" | "python";
  readonly source: string;
  /** What it is started with; the point comes last. */
  readonly args: readonly string[];
}

export type Contestant<P extends Point = Point> = JsContestant<P> | ForeignContestant;

/** By what another process finds a contestant. */
export interface Self {
  /** The row's module. */
  readonly row: string;
  readonly contestant: string;
}

export interface Row<P extends Point = Point> {
  readonly title: string;
  readonly unit: string;
  readonly better: "less" | "more";
  /** What limits it, in words: a paragraph of docs/performance.md. */
  readonly limit: string;
  /** At which points it is measured; at one that has no name if there is no axis. */
  readonly axis?: { readonly name: string; readonly points: readonly P[] };
  /** The other metrics of a sample, and their units. */
  readonly also?: Readonly<Record<string, string>>;
  /** How long a turn takes; for rows that do a fixed amount of work, about. Default 60. */
  readonly ms?: number;
  /** How often everybody has a turn. Default 7. */
  readonly rounds?: number;
  /**
   * For how many ms a contestant in JavaScript warms up at a point, before the rounds that count; as long as a turn, if that is longer
   * or this is left out. For what takes V8 long to compile: because it is much, or because each of many threads has to.
   */
  warmUpMs?(point: P | undefined): number;
  /** Is every turn taken by a process that was started for it? */
  readonly fresh?: boolean;
  /** Does other load change what it tells? If not, no turn is taken again. Default true. */
  readonly loadMatters?: boolean;
  /** Are all contestants kept on one core? */
  readonly oneCore?: boolean;
  /** How many cores it wants for itself. Default 1. */
  readonly cores?: number;
  readonly contestants: { readonly ours: Contestant<P> } & Readonly<Record<string, Contestant<P>>>;
}

/** Thrown by a `setup` where this machine has not what the contestant needs. It is reported, and nobody minds. */
export class Missing extends Error {}

/** A contestant in JavaScript. */
export function js<P extends Point = Point>(setup: JsContestant<P>["setup"]): JsContestant<P> {
  return { kind: "js", setup };
}

/** One in C: a file of `peers/`, and its arguments. */
export function c(source: string, ...args: string[]): ForeignContestant {
  return { kind: "c", source, args };
}

/** One in Python: a file of `peers/`, and its arguments. */
export function python(source: string, ...args: string[]): ForeignContestant {
  return { kind: "python", source, args };
}
