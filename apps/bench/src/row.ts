/**
 * A row: a single operation, measured side by side for us and our rivals. Each row is a file in
 * `rows/`. The file's name is the row's name on the command line and its key in goals.ts.
 */

/** A point on the row's axis: a number of threads, say. */
export type Point = number | string;

/** The result of a turn: the value, and the row's other metrics. */
export interface Sample {
  readonly value: number;
  readonly [metric: string]: number;
}

/** Measures for about `ms` milliseconds. */
export type Measure = (ms: number) => number | Sample | Promise<number | Sample>;

interface Limits {
  /** The last point in which it takes part. */
  readonly upTo?: number;
}

/** Runs in a Node process of its own. */
export interface JsContestant<P extends Point = Point> extends Limits {
  readonly kind: "js";
  /** Prepares for a point. Afterwards the process only measures. */
  setup(point: P, self: Self): Measure | Promise<Measure>;
  /** The flags of Node. */
  readonly flags?: readonly string[];
}

/** A file in `peers/`, compiled or run in a process of its own; see `peers/peer.h` and `peers/peer.py`. */
export interface ForeignContestant extends Limits {
  readonly kind: "c" | "python";
  readonly source: string;
  /** The arguments; the point comes last. */
  readonly args: readonly string[];
}

export type Contestant<P extends Point = Point> = JsContestant<P> | ForeignContestant;

/** The names by which another process finds a contestant. */
export interface Self {
  /** The row's module. */
  readonly row: string;
  readonly contestant: string;
}

export interface Row<P extends Point = Point> {
  readonly title: string;
  readonly unit: string;
  readonly better: "less" | "more";
  /** What limits the row: a paragraph of docs/performance.md. */
  readonly limit: string;
  /** The points to measure. Without an axis there is a single nameless point. */
  readonly axis?: { readonly name: string; readonly points: readonly P[] };
  /** The other metrics of a sample, and their units. */
  readonly also?: Readonly<Record<string, string>>;
  /** The duration of a turn; approximate for rows with a fixed amount of work. Default 60. */
  readonly ms?: number;
  /** How many turns of each contestant count. Default 7. */
  readonly rounds?: number;
  /**
   * How many ms a contestant in JavaScript warms up at a point, at least the duration of a turn.
   * For code that V8 compiles late: much code, or code of many threads.
   */
  warmUpMs?(point: P | undefined): number;
  /** Does each turn get a fresh process? */
  readonly fresh?: boolean;
  /** Does other load change the result? If not, no turn is repeated. Default true. */
  readonly loadMatters?: boolean;
  /** Do all contestants run on the same core? */
  readonly oneCore?: boolean;
  /** How many free cores it needs. Default 1. */
  readonly cores?: number;
  readonly contestants: { readonly ours: Contestant<P> } & Readonly<Record<string, Contestant<P>>>;
}

/**
 * Thrown by a `setup` if this machine lacks something that the contestant needs. Reported; not an
 * error.
 */
export class Missing extends Error {}

/** A contestant in JavaScript. */
export function js<P extends Point = Point>(setup: JsContestant<P>["setup"]): JsContestant<P> {
  return { kind: "js", setup };
}

/** A contestant in C: a file of `peers/`, and its arguments. */
export function c(source: string, ...args: string[]): ForeignContestant {
  return { kind: "c", source, args };
}

/** A contestant in Python: a file of `peers/`, and its arguments. */
export function python(source: string, ...args: string[]): ForeignContestant {
  return { kind: "python", source, args };
}
