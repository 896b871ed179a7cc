/** The set of dead idents in shared memory: every thread reads it, for every ident. */
import { deathCount, FIRST_OF_WORKERS, hasDied, IDENT_MAX, markDead } from "@x/core/internal";
import { bunch, watchdog } from "@x/testkit";
import { expect, it } from "vitest";

watchdog();

/** Idents at the ends of their ranges, of words, and of blocks of words. */
const NUMBERS = [1, 2, 31, 32, 33, 223, 224, 225, 255, 256, 257, 2047, 2048, 100_001].flatMap((number) => [
  number,
  FIRST_OF_WORKERS - number,
  FIRST_OF_WORKERS + number - 1,
  IDENT_MAX - number + 1,
]);

it("hasDied is true for each ident marked dead, and for no other", () => {
  const noted = new Set<number>();
  for (const number of NUMBERS) {
    expect(hasDied(number), String(number)).toBe(noted.has(number));
    markDead(number);
    markDead(number);
    noted.add(number);
    for (const other of NUMBERS) expect(hasDied(other), `${other} after ${number}`).toBe(noted.has(other));
  }
});

it("main sees a mark of a worker, and the worker a mark of main", () => {
  markDead(200_002);
  const seen = bunch(
    1,
    () => {
      const core = process.getBuiltinModule("node:module").createRequire(`${process.cwd()}/`)("@x/core/internal") as {
        hasDied(ident: number): boolean;
        markDead(ident: number): void;
      };
      core.markDead(200_004);
      return core.hasDied(200_002);
    },
    [],
  ).join();
  expect(seen).toEqual([true]);
  expect(hasDied(200_004)).toBe(true);
});

it("markDead does not change the death count", () => {
  const seen = deathCount();
  markDead(400_006);
  expect(deathCount()).toBe(seen);
});
