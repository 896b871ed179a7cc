import { spinUntilChanged, platform, Spinner } from "@x/core/internal";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

beforeEach(() => void vi.spyOn(platform, "cores").mockReturnValue(2));
afterEach(() => void vi.restoreAllMocks());

const words = new Int32Array(new SharedArrayBuffer(4));

/** How often a spinner reads the word. The word changes from 0 to 1 after `turns` reads. */
function looks(spinner: Spinner, turns = Infinity): number {
  const look = vi.spyOn(Atomics, "load").mockImplementation((() => Number(look.mock.calls.length > turns)) as never);
  spinner.spin(words, 0, 0);
  const count = look.mock.calls.length;
  look.mockRestore();
  return count;
}

it("a spinner reads until the word has changed", () => {
  const spinner = new Spinner();
  expect(looks(spinner, 0)).toBe(1);
  expect(looks(spinner, 10)).toBe(11);
});

it("a spinner that spun in vain skips the next spins, more after each failure", () => {
  const spinner = new Spinner();
  const spun = Array.from({ length: 12 }, () => looks(spinner) > 0);
  expect(spun.map(Number).join("")).toBe("101000100000");
});

it("spin returns whether the word changed, and false for a skipped spin", () => {
  const spinner = new Spinner();
  expect(spinner.spin(words, 0, 1)).toBe(true);
  expect(spinner.spin(words, 0, 0)).toBe(false);
  expect(spinner.spin(words, 0, 1)).toBe(false);
  expect(spinner.spin(words, 0, 1)).toBe(true);
});

it("spinUntilChanged reads at most as often as its limit says", () => {
  const look = vi.spyOn(Atomics, "load");
  expect(spinUntilChanged(words, 0, 0, 3)).toBe(false);
  expect(look).toHaveBeenCalledTimes(3);
});

it("a spinner skips nothing after a success", () => {
  const spinner = new Spinner();
  looks(spinner);
  looks(spinner);
  expect(looks(spinner, 10)).toBe(11);
  expect(looks(spinner, 10)).toBe(11);
});

it("a spinner does not spin on one core: no other thread can run meanwhile", () => {
  vi.spyOn(platform, "cores").mockReturnValue(1);
  const spinner = new Spinner();
  expect(Array.from({ length: 66 }, () => looks(spinner))).toEqual(Array(66).fill(0));
  expect(spinner.spin(new Int32Array(new SharedArrayBuffer(4)), 0, 0)).toBe(false);
});

it("a spinner skips at most 64 spins in a row", () => {
  const spinner = new Spinner();
  for (let i = 0; i < 1000; i++) looks(spinner);
  let held = 0;
  while (looks(spinner, 0) === 0) held++;
  expect(held).toBeLessThan(65);
});
