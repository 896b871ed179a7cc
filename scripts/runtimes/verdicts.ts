/** The results of checks, expected or not. */
import type { Id } from "./runtimes.ts";

/** The result of a check on a runtime, or with a tool. */
export interface Result<R extends string = Id> {
  readonly runtime: R;
  /** The part of the run: a row of the summary. */
  readonly part: string;
  readonly name: string;
  readonly state: "pass" | "skip" | "fail";
  /** The effect, unless it passed. */
  readonly sees?: string;
  /** Details, to find the cause. */
  readonly details?: string;
}

/** What a run of one test found. */
export type Found = Pick<Result, "name" | "state" | "sees" | "details">;

/** A limit of a runtime, or of the library on it: a check expected to fail. */
export interface Limit<R extends string = Id> {
  readonly on: readonly R[];
  /** A part of the check's name. */
  readonly name: RegExp;
  /** The expected effect; undefined: any. */
  readonly sees?: string;
  /** Why. For tests of the suites it may name the row of docs/runtimes.md. */
  readonly why: string;
  /** The effect depends on chance (memory, the scheduler): both outcomes are expected. */
  readonly sometimes?: true;
}

type Verdict = "ok" | "skipped" | "expected" | "stale" | "unexpected";

export interface Judged<R extends string = Id> extends Result<R> {
  readonly verdict: Verdict;
  readonly limit?: Limit<R>;
}

/** @param limits of this part */
export function judge<R extends string>(result: Result<R>, limits: readonly Limit<R>[]): Judged<R> {
  const limit = limits.find(({ on, name }) => on.includes(result.runtime) && name.test(result.name));
  if (result.state === "skip") return { ...result, verdict: "skipped" };
  if (limit === undefined) return { ...result, verdict: result.state === "pass" ? "ok" : "unexpected" };
  const isAsExpected = limit.sees === undefined || limit.sees === result.sees;
  if (result.state === "fail") return { ...result, limit, verdict: isAsExpected ? "expected" : "unexpected" };
  return { ...result, limit, verdict: limit.sometimes ? "ok" : "stale" };
}

/** The results that fail the run. */
export function isBad({ verdict }: Pick<Judged, "verdict">): boolean {
  return verdict === "unexpected" || verdict === "stale";
}

/** The words for verdicts, in the order in which a summary counts them. */
export const WORDS = {
  ok: "ok",
  expected: "as expected not",
  skipped: "skipped",
  stale: "STALE",
  unexpected: "FAILED",
} as const satisfies Record<Verdict, string>;

/** How many results there are of each verdict: `12 ok, 1 FAILED`. */
export function summed(judged: readonly Pick<Judged, "verdict">[]): string {
  const counted = Object.entries(WORDS).flatMap(([verdict, word]) => {
    const count = judged.filter((one) => one.verdict === verdict).length;
    return count === 0 ? [] : `${count} ${word}`;
  });
  return counted.join(", ") || "nothing was run";
}

/** What is wrong with a result that fails the run. */
export function explained<R extends string>({ verdict, name, sees, details, limit }: Judged<R>): string {
  if (verdict === "stale") return `  STALE: ${name}\n    passes, though this is expected not to: ${limit!.why}`;
  const expected = limit === undefined ? "" : `\n    expected: ${limit.why}`;
  return `  FAILED: ${name}: ${sees}${expected}\n${(details ?? "").replace(/^/gm, "    ")}`;
}
