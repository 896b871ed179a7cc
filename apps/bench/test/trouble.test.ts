import { beforeAll, describe, expect, it } from "vitest";
import { type RowResult, runRow } from "../src/run.js";
import type { Problem } from "../src/contestant-process.js";
import { fixture, scripted, environment } from "./environment.js";

const TURN_TIMEOUT_MS = 1000;

let result: RowResult;

beforeAll(async () => {
  const { PATH } = process.env;
  process.env["PATH"] = ""; // neither gcc nor python3
  try {
    const impatient = environment(scripted(), { timeoutMs: TURN_TIMEOUT_MS });
    result = await runRow(await fixture("troubled"), { ms: 1, rounds: 2 }, impatient);
  } finally {
    process.env["PATH"] = PATH;
  }
});

function problemOf(contestant: string): Problem | undefined {
  return result.points[0]?.entries.find((entry) => entry.contestant === contestant)?.problem;
}

describe("a contestant in trouble", () => {
  it("does not stop the others", () => {
    const entries = result.points[0]?.entries ?? [];
    expect(entries.filter(({ samples }) => samples.length === 2).map(({ contestant }) => contestant)).toEqual([
      "ours",
      "only alone",
    ]);
  });

  it.each([
    ["not here", "this machine has none"],
    ["not installed", "no-such-package-anywhere"],
    ["unknown flag", "--no-such-flag"],
    ["in C", "there is no gcc here"],
    ["in Python", "there is no python3 here"],
  ])("is said to be missing, and why: %s", (contestant, why) => {
    expect(problemOf(contestant)).toEqual({ kind: "missing", why: expect.stringContaining(why) as string });
  });

  it.each([
    ["will not start", "broken"],
    ["hangs in its turn", "no answer within 1.01 s; it was killed"],
    ["dies in its turn", "ended without an answer"],
    ["measures nonsense", "null"],
  ])("is said to have failed, and why: %s", (contestant, why) => {
    expect(problemOf(contestant)).toEqual({ kind: "failed", why: expect.stringContaining(why) as string });
  });
});
