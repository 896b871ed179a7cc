/** What came of each check, and whether it was to be expected. */
import type { Id } from "./runtimes.ts";

/** A check that was made on one runtime, or with one tool. */
export interface Result<R extends string = Id> {
  readonly runtime: R;
  /** The part of the run: a row of the summary. */
  readonly part: string;
  readonly name: string;
  readonly state: "pass" | "skip" | "fail";
  /** What was seen, unless it passed. */
  readonly sees?: string;
  /** More of it: for people who look for the cause. */
  readonly details?: string;
}

/** Something that a runtime cannot do, or that the library cannot do on it: a check that is expected not to pass. */
export interface Limit<R extends string = Id> {
  readonly on: readonly R[];
  /** The check's name holds this. */
  readonly name: RegExp;
  /** What is seen then; if it is left out, anything. */
  readonly sees?: string;
  /** Why; for tests of the suites it may name the row of docs/runtimes.md that tells of it. */
  readonly why: string;
  /** It depends on chance (memory, the scheduler) whether it shows: both outcomes are expected. */
  readonly sometimes?: true;
}

type Verdict = "ok" | "skipped" | "expected" | "stale" | "unexpected";

export interface Judged<R extends string = Id> extends Result<R> {
  readonly verdict: Verdict;
  readonly limit?: Limit<R>;
}

/** @param limits those of this part */
export function judge<R extends string>(result: Result<R>, limits: readonly Limit<R>[]): Judged<R> {
  const limit = limits.find(({ on, name }) => on.includes(result.runtime) && name.test(result.name));
  if (result.state === "skip") return { ...result, verdict: "skipped" };
  if (limit === undefined) return { ...result, verdict: result.state === "pass" ? "ok" : "unexpected" };
  const isAsExpected = limit.sees === undefined || limit.sees === result.sees;
  if (result.state === "fail") return { ...result, limit, verdict: isAsExpected ? "expected" : "unexpected" };
  return { ...result, limit, verdict: limit.sometimes ? "ok" : "stale" };
}

/** Those that make the run fail. */
export function isBad({ verdict }: Pick<Judged, "verdict">): boolean {
  return verdict === "unexpected" || verdict === "stale";
}
