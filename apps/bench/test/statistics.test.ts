import { describe, expect, it } from "vitest";
import { spreadOf, timesAsGood } from "../src/statistics.js";

describe("spreadOf", () => {
  it("is the median and the bounds of the middle half, in any order of the numbers", () => {
    expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4 });
    expect(spreadOf([7])).toEqual({ median: 7, low: 7, high: 7 });
  });

  it("does not change with an outlier", () => {
    expect(spreadOf([1, 2, 3, 4, 1e9]).median).toBe(3);
  });
});

describe("timesAsGood", () => {
  it("compares round by round, so that a machine that slows down does not count", () => {
    const ours = [1, 2, 4];
    const theirs = [3, 6, 12];
    expect(timesAsGood(ours, theirs, "less")).toEqual({ median: 3, low: 3, high: 3 });
  });

  it("is above 1 if ours is better, whether less is better or more", () => {
    expect(timesAsGood([10], [20], "less").median).toBe(2);
    expect(timesAsGood([20], [10], "more").median).toBe(2);
  });
});
