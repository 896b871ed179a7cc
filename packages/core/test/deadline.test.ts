import { Deadline } from "@x/core";
import { clock } from "@x/core/internal";
import { pause, watchdog } from "@x/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";

watchdog();
afterEach(() => void vi.restoreAllMocks());

describe("Deadline", () => {
  it("left() falls to 0 and no further", () => {
    const deadline = Deadline.after(20);
    const first = deadline.left();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(20);
    expect(deadline.expired()).toBe(false);
    pause(25);
    expect(deadline.left()).toBe(0);
    expect(deadline.expired()).toBe(true);
  });

  it("a deadline after Infinity never expires", () => {
    expect(Deadline.after(Infinity)).toBe(Deadline.NEVER);
    expect(Deadline.NEVER.left()).toBe(Infinity);
    expect(Deadline.NEVER.expired()).toBe(false);
  });

  it("a deadline after 0 has expired", () => {
    expect(Deadline.after(0).expired()).toBe(true);
    expect(Deadline.after(0).left()).toBe(0);
  });

  it("a deadline expires at its exact time", () => {
    const read = vi.spyOn(clock, "now").mockReturnValue(1000);
    const deadline = Deadline.after(5);
    read.mockReturnValue(1004.9);
    expect(deadline.expired()).toBe(false);
    read.mockReturnValue(1005);
    expect(deadline.expired()).toBe(true);
    expect(deadline.left()).toBe(0);
  });

  it("a deadline with a fraction of a millisecond does not expire early", () => {
    for (let i = 0; i < 50; i++) {
      const start = performance.now();
      const deadline = Deadline.after(0.37);
      while (!deadline.expired());
      expect(performance.now() - start).toBeGreaterThanOrEqual(0.37);
    }
  });

  it("orSooner returns the earlier deadline", () => {
    const [soon, late] = [Deadline.after(10), Deadline.after(1000)];
    expect(soon.orSooner(late)).toBe(soon);
    expect(late.orSooner(soon)).toBe(soon);
    expect(late.orSooner(Deadline.NEVER)).toBe(late);
    expect(Deadline.NEVER.orSooner(late)).toBe(late);
    expect(Deadline.NEVER.orSooner(Deadline.NEVER)).toBe(Deadline.NEVER);
  });
});
