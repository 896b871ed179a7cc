import { spinUntilChanged, platform, Spinner } from "@x/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

beforeEach(() => void vi.spyOn(platform, "cores").mockReturnValue(2));
afterEach(() => void vi.restoreAllMocks());

const words = new Int32Array(new SharedArrayBuffer(4));

/** How often a spinner looks at the word, which has the value 0 until it has looked `turns` times. */
function looks(spinner: Spinner, turns = Infinity): number {
  const look = vi.spyOn(Atomics, "load").mockImplementation((() => Number(look.mock.calls.length > turns)) as never);
  spinner.spin(words, 0, 0);
  const count = look.mock.calls.length;
  look.mockRestore();
  return count;
}

it("spins until the word has changed", () => {
  const spinner = new Spinner();
  expect(looks(spinner, 0)).toBe(1);
  expect(looks(spinner, 10)).toBe(11);
});

it("gives up after a while, and then holds back, longer each time that it was wrong again", () => {
  const spinner = new Spinner();
  const spun = Array.from({ length: 12 }, () => looks(spinner) > 0);
  expect(spun.map(Number).join("")).toBe("101000100000");
});

it("says whether the change came: not while it holds back", () => {
  const spinner = new Spinner();
  expect(spinner.spin(words, 0, 1)).toBe(true);
  expect(spinner.spin(words, 0, 0)).toBe(false);
  expect(spinner.spin(words, 0, 1)).toBe(false);
  expect(spinner.spin(words, 0, 1)).toBe(true);
});

it("spinUntilChanged looks as often as it is told, and no more", () => {
  const look = vi.spyOn(Atomics, "load");
  expect(spinUntilChanged(words, 0, 0, 3)).toBe(false);
  expect(look).toHaveBeenCalledTimes(3);
});

it("spins as before once it was right again", () => {
  const spinner = new Spinner();
  looks(spinner);
  looks(spinner);
  expect(looks(spinner, 10)).toBe(11);
  expect(looks(spinner, 10)).toBe(11);
});

it("does not spin where there is but one core, as nobody else could run meanwhile", () => {
  vi.spyOn(platform, "cores").mockReturnValue(1);
  const spinner = new Spinner();
  expect(Array.from({ length: 66 }, () => looks(spinner))).toEqual(Array(66).fill(0));
  expect(spinner.spin(new Int32Array(new SharedArrayBuffer(4)), 0, 0)).toBe(false);
});

it("never holds back for ever", () => {
  const spinner = new Spinner();
  for (let i = 0; i < 1000; i++) looks(spinner);
  let held = 0;
  while (looks(spinner, 0) === 0) held++;
  expect(held).toBeLessThan(65);
});
