/** Valid and invalid types: `tsc` checks this file, and fails if an expected error is missing. */
import { LONG, watchdog } from "@x/testkit";
import { Timer } from "@x/timer";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as w from "./timer.workers.mjs";

watchdog();

const loud = (text: string, options: { times?: number } = {}): string => text.toUpperCase().repeat(options.times ?? 1);

/** Never called: only its types count. */
export function refused(): void {
  new Timer(
    1,
    loud,
    // @ts-expect-error -- loud takes a string; the error is at the argument
    [5],
  );
  new Timer(
    1,
    loud,
    ["x"],
    // @ts-expect-error -- the property is called times
    { time: 5 },
  );
  // @ts-expect-error -- the text is missing
  new Timer(1, loud);
  // @ts-expect-error -- an interval is a number of milliseconds
  new Timer("1s", w.fail);
}

describe("types", () => {
  it("the result of a timer has the return type of its function", () => {
    const timer = new Timer(1, loud, ["x"], { times: 2 });
    expectTypeOf(timer.result).returns.toEqualTypeOf<string>();
    expect(timer.start().result(LONG)).toBe("XX");
    expectTypeOf(new Timer(1, async () => 5).result).returns.toEqualTypeOf<number>();
  });

  it("the result of a generic function follows from the arguments", () => {
    const timer = new Timer(1, <T>(it: T): T => it, [5]);
    expectTypeOf(timer.result).returns.toEqualTypeOf<number>();
    expect(timer.start().result(LONG)).toBe(5);
  });

  it("Timer without type arguments accepts any Timer", () => {
    const all: Timer[] = [new Timer(1, loud, ["x"]), new Timer(1, w.fail), new Timer<[string]>(1, loud, ["x"])];
    expect(all).toHaveLength(3);
  });
});
