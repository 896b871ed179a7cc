/** The values of a barrier's words: the numbers of cycles wrap, and a word may name a cycle of long ago. */
import { expect, it } from "vitest";
import { namesCycleOf, nextCycle, resetOf, wasReset, withFarCycle } from "../src/barrier-state.ts";

/** States in cycles near the start, in the middle, and before the wrap. */
const STATES = [0, 1, 2 ** 17 - 1, 2 ** 17, 2 ** 18 - 1].map((cycle) => cycle << 14);
const RESETS = [0, 1, 5 << 18, (2 ** 14 - 1) << 18];

it.each(STATES)("the cycle of state %i is reset if RESET counts one more and names it", (state) => {
  for (const before of RESETS) {
    const now = resetOf(state, before);
    expect([namesCycleOf(state, now), wasReset(state, before, now)]).toEqual([true, true]);
    expect(wasReset(nextCycle(state), before, now)).toBe(false);
    expect(wasReset(nextCycle(state), before, resetOf(state, now))).toBe(true); // two resets end any cycle
  }
});

it.each(STATES)("the cycle of state %i passed if there was no reset, though RESET names it", (state) => {
  for (const reset of RESETS) {
    const named = resetOf(state, reset);
    expect(wasReset(state, named, named)).toBe(false);
  }
});

it.each(STATES)("withFarCycle counts no reset, and names neither the cycle of state %i nor one near it", (state) => {
  for (const reset of RESETS) {
    const named = resetOf(state, reset);
    const far = withFarCycle(named);
    for (const near of [state, nextCycle(state)]) expect(namesCycleOf(near, far)).toBe(false);
    expect([far >>> 18, wasReset(state, named, far)]).toEqual([named >>> 18, false]);
    expect(withFarCycle(far)).toBe(named);
  }
});
