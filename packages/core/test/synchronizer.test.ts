/** The steps of a synchronizer, one at a time: what each of them leaves in the words. All schedules of them are lock.model's. */
import {
  acquiring,
  type Claim,
  clock,
  Deadline,
  REFUSED,
  released,
  type Steps,
  SYNCHRONIZER_WORDS,
  type Wait,
  type Woken,
} from "@x/core";
import { watchdog } from "@x/testkit";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";

watchdog();

const STATE = 0;
const HEIRS = 2;
const UNTIL = 4;
const TURNSTILE = 1;
const ARMED = 1;

const WAITED = 1;
const STARVED = 2;
const MINE = 7 << 2;
const THEIRS = 9 << 2;
const PATIENCE = 2;

const words = new Int32Array(new SharedArrayBuffer(SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT));

let read: MockInstance<() => number>;
let now = 0;
/** The clock that all threads share, as UNTIL has it. */
const shared = (ms = 0): number => (clock.timeOrigin + now + ms) | 0;

function pass(ms: number): void {
  now += ms;
  read.mockReturnValue(now);
}

beforeEach(() => {
  words.fill(0);
  read = vi.spyOn(clock, "now");
  // A whole number of milliseconds of the shared clock, and not 0 in a moment.
  now = 100_000 - (clock.timeOrigin % 1) + 1e-3;
  pass(0);
});
afterEach(() => void vi.restoreAllMocks());

/** Of a lock: to be had by one at a time. */
const lock: Claim = (state) => (state === 0 ? 7 : REFUSED);
/** Of a semaphore. */
const permit: Claim = (permits) => (permits > 0 ? permits - 1 : REFUSED);

const coming = (deadline = Deadline.NEVER, claim = lock): Steps<number> => acquiring(words, 0, claim, deadline);

/** What it would sleep on. */
function slept(steps: Steps<number>, woken: Woken = "ok"): Wait {
  const step = steps.next(woken);
  if (step.done === true) return expect.fail(`returned ${step.value}`);
  return step.value;
}

function returned(steps: Steps<number>, woken: Woken = "ok"): number {
  const step = steps.next(woken);
  return step.done === true ? step.value : expect.fail("waits");
}

/** One who sleeps before what another holds. */
function sleeper(deadline = Deadline.NEVER, claim = lock): Steps<number> {
  words[STATE] = claim === lock ? THEIRS : 0;
  const steps = coming(deadline, claim);
  expect(slept(steps).index).toBe(STATE);
  return steps;
}

/** One who has been passed over for a millisecond, and sleeps before all others. */
function heir(deadline = Deadline.NEVER, claim = lock): Steps<number> {
  const steps = sleeper(deadline, claim);
  pass(1);
  expect(slept(steps).index).toBe(HEIRS);
  return steps;
}

/** Another has released, and what he left is reserved for `ms` milliseconds. */
function reserve(ms = PATIENCE, state = 0): void {
  words[STATE] = state | STARVED;
  words[UNTIL] = shared(ms);
}

describe("one who comes", () => {
  it("takes what is free, and says what it took it from", () => {
    expect(returned(coming())).toBe(0);
    expect(words[STATE]).toBe(MINE);
    words[STATE] = 3 << 2;
    expect(returned(coming(Deadline.NEVER, permit))).toBe(3);
    expect(words[STATE]).toBe(2 << 2);
  });

  it("leaves the marks of others when it takes", () => {
    words[STATE] = WAITED;
    expect(returned(coming())).toBe(0);
    expect(words[STATE]).toBe(MINE | WAITED);
  });

  it("leaves no mark if it need not wait: its time is 0", () => {
    words[STATE] = THEIRS;
    expect(returned(coming(Deadline.after(0)))).toBe(REFUSED);
    expect(words[STATE]).toBe(THEIRS);
  });

  it("sets WAITED, and sleeps on the word that says so, until its own time is up", () => {
    words[STATE] = THEIRS;
    const deadline = Deadline.after(5);
    expect(slept(coming(deadline))).toMatchObject({ words, index: STATE, value: THEIRS | WAITED, deadline });
    expect(words[STATE]).toBe(THEIRS | WAITED);
    expect(slept(coming())).toMatchObject({ index: STATE, value: THEIRS | WAITED });
  });

  it("sleeps at once if it waits for one thread, and says for which", () => {
    words[STATE] = THEIRS;
    expect(slept(coming())).toMatchObject({ holder: undefined, sleepsAtOnce: false });
    const holder = { index: STATE, shift: 2 };
    expect(slept(acquiring(words, 0, lock, Deadline.NEVER, holder))).toMatchObject({ holder, sleepsAtOnce: true });
  });

  it("tries again if the word changes under it, as it takes and as it marks", () => {
    let tries = 0;
    const overtaken: Claim = (state) => {
      if (++tries === 1) words[STATE] = THEIRS; // between the look and the compare-exchange
      if (tries === 2) words[STATE] = THEIRS | STARVED;
      return lock(state);
    };
    expect(slept(coming(Deadline.NEVER, overtaken))).toMatchObject({ value: THEIRS | STARVED | WAITED });
    expect(tries).toBe(3);
    expect(words[STATE]).toBe(THEIRS | STARVED | WAITED);
  });
});

describe("one who has slept", () => {
  it("takes with the mark of where it slept: others may be asleep there still", () => {
    const steps = sleeper();
    words[STATE] = 0;
    expect(returned(steps)).toBe(0);
    expect(words[STATE]).toBe(MINE | WAITED);
  });

  it("sets its mark again before it goes, if a release has taken it off", () => {
    const steps = sleeper(Deadline.after(0.5));
    words[STATE] = THEIRS;
    pass(0.5);
    expect(returned(steps, "timed-out")).toBe(REFUSED);
    expect(words[STATE]).toBe(THEIRS | WAITED);
  });

  it("tries before it goes, also what is reserved: the wake-up may have been for it", () => {
    const steps = sleeper(Deadline.after(0.5));
    reserve();
    pass(0.5);
    expect(returned(steps)).toBe(0);
  });

  it("goes when it is told that there is no hope, unless there is", () => {
    expect(returned(sleeper(), "deadlock")).toBe(REFUSED);
    const steps = sleeper();
    words[STATE] = 0;
    expect(returned(steps, "deadlock")).toBe(0);
  });

  it("is no heir before it was passed over for a millisecond", () => {
    const steps = sleeper();
    pass(0.9);
    expect(slept(steps).index).toBe(STATE);
    pass(0.1);
    expect(slept(steps).index).toBe(HEIRS);
  });

  it("has to have slept for that: who is only slow is no heir", () => {
    const steps = coming(Deadline.NEVER, (state) => {
      pass(2);
      return lock(state);
    });
    words[STATE] = THEIRS;
    expect(slept(steps).index).toBe(STATE);
  });
});

describe("an heir", () => {
  it("sets STARVED, leaves it to the release when a reservation lapses, and sleeps on HEIRS as they stood before it looked", () => {
    const steps = sleeper();
    words[HEIRS] = 5;
    words[UNTIL] = 123;
    pass(1);
    expect(slept(steps)).toMatchObject({ index: HEIRS, value: 5, deadline: Deadline.NEVER });
    expect([words[STATE], words[UNTIL]]).toEqual([THEIRS | WAITED | STARVED, 0]);
  });

  it("does not decide anew if another one has set STARVED", () => {
    const steps = sleeper();
    words[STATE]! |= STARVED;
    words[UNTIL] = 123;
    pass(1);
    expect(slept(steps).index).toBe(HEIRS);
    expect(words[UNTIL]).toBe(123);
  });

  it("looks at HEIRS before it looks at the state: a release between the two is not slept through", () => {
    words[STATE] = THEIRS;
    let turns = 0;
    const steps = coming(Deadline.NEVER, (state) => {
      words[HEIRS] = ++turns; // a release, which finds STARVED or does not
      return lock(state);
    });
    slept(steps);
    pass(1);
    expect(slept(steps)).toMatchObject({ index: HEIRS, value: 1 });
  });

  it("takes what is reserved, with the marks of both places, and reserves no more", () => {
    const steps = heir();
    reserve();
    expect(returned(steps)).toBe(0);
    expect([words[STATE], words[UNTIL], words[HEIRS]]).toEqual([MINE | WAITED | STARVED, 0, 0]);
  });

  it("hands on what is left, for as long again", () => {
    const steps = heir(Deadline.NEVER, permit);
    reserve(1, 3 << 2);
    words[HEIRS + TURNSTILE] = ARMED;
    expect(returned(steps)).toBe(3);
    expect([words[STATE], words[HEIRS], words[UNTIL]]).toEqual([(2 << 2) | STARVED, 1, shared(PATIENCE)]);
  });

  it("takes STARVED off if there is more, and nobody to have it", () => {
    const steps = heir(Deadline.NEVER, permit);
    reserve(1, 3 << 2);
    returned(steps);
    expect(words[STATE]).toBe(2 << 2);
  });
});

describe("what is reserved", () => {
  it("is not for one who comes and only tries", () => {
    reserve();
    expect(returned(coming(Deadline.after(0)))).toBe(REFUSED);
    expect(words[STATE]).toBe(STARVED);
  });

  it("is not for one who comes: it sleeps beside the heirs, until the reservation lapses", () => {
    reserve(1);
    const { index, value, deadline } = slept(coming(Deadline.after(50)));
    expect([index, value]).toEqual([STATE, STARVED | WAITED]);
    expect(deadline.left()).toBeCloseTo(1, 1);
  });

  it("or until its own time is up", () => {
    reserve();
    const deadline = Deadline.after(0.5);
    expect(slept(coming(deadline)).deadline).toBe(deadline);
  });

  it("is not for one who has slept, and was not passed over for long", () => {
    const steps = sleeper();
    reserve();
    expect(slept(steps).index).toBe(STATE);
  });

  it("was kept long enough for one who has waited it out: that one is an heir", () => {
    reserve();
    const steps = coming();
    slept(steps);
    pass(PATIENCE);
    expect(returned(steps, "timed-out")).toBe(0);
  });

  it("lapses at the moment that UNTIL says", () => {
    reserve(1);
    pass(1);
    expect(returned(coming())).toBe(0);
  });

  it("has lapsed long ago if it seems to be for longer than is ever reserved: the clock has wrapped", () => {
    reserve(PATIENCE + 1);
    expect(returned(coming())).toBe(0);
    reserve(-1);
    expect(returned(coming())).toBe(0);
    reserve(PATIENCE);
    expect(slept(coming()).index).toBe(STATE);
  });

  it("is decided upon by one who comes, if nobody has", () => {
    reserve();
    words[UNTIL] = 0;
    expect(slept(coming()).deadline.left()).toBeCloseTo(PATIENCE, 1);
    expect(words[UNTIL]).toBe(shared(PATIENCE));
    pass(PATIENCE);
    expect(returned(coming())).toBe(0);
  });

  it("ends with whoever takes it, though it has lapsed", () => {
    reserve(-1);
    returned(coming());
    expect([words[STATE], words[UNTIL]]).toEqual([MINE | STARVED, 0]);
  });

  it("is told apart from what is not decided, also in the millisecond that is 0", () => {
    now = Math.ceil((clock.timeOrigin + now) / 2 ** 32) * 2 ** 32 - clock.timeOrigin - PATIENCE;
    pass(0);
    expect(shared(PATIENCE)).toBe(0);
    released(words, 0, STARVED, 1);
    expect(words[UNTIL]).toBe(1);
  });

  it("is not looked at where there are no heirs", () => {
    words[UNTIL] = shared(1);
    expect(returned(coming())).toBe(0);
    expect(words[UNTIL]).toBe(shared(1));
  });
});

describe("released", () => {
  /** So many sleep on the words at these places; each wake says whom it is for, and how many. */
  function asleep(sleepers: Readonly<Record<number, number>>): [place: number, n: number][] {
    const wakes: [number, number][] = [];
    vi.spyOn(Atomics, "notify").mockImplementation((_, place, n = Infinity) => {
      wakes.push([place, n]);
      return Math.min(n, sleepers[place] ?? 0);
    });
    return wakes;
  }

  it("without marks wakes nobody", () => {
    const wakes = asleep({});
    released(words, 0, 0, 1);
    expect(wakes).toEqual([]);
    expect([...words]).toEqual([0, 0, 0, 0, 0]);
  });

  it("wakes as many as there is room for, and leaves the mark", () => {
    words[STATE] = WAITED;
    const wakes = asleep({ [STATE]: 5 });
    released(words, 0, WAITED, 3);
    expect(wakes).toEqual([[STATE, 3]]);
    expect(words[STATE]).toBe(WAITED);
  });

  it("takes WAITED off if nobody slept, and only from the word that it left", () => {
    asleep({});
    words[STATE] = WAITED;
    released(words, 0, WAITED, 1);
    expect(words[STATE]).toBe(0);
    words[STATE] = THEIRS | WAITED; // taken meanwhile, by one who may have slept
    released(words, 0, WAITED, 1);
    expect(words[STATE]).toBe(THEIRS | WAITED);
  });

  it("leaves WAITED if a task awaits", () => {
    asleep({});
    words[STATE] = WAITED;
    words[STATE + TURNSTILE] = ARMED;
    released(words, 0, WAITED, 1);
    expect(words[STATE]).toBe(WAITED);
  });

  it("is for the heirs first: it reserves, turns HEIRS, and wakes them alone if they are enough", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [HEIRS]: 5, [STATE]: 5 });
    released(words, 0, WAITED | STARVED, 2);
    expect(wakes).toEqual([[HEIRS, 2]]);
    expect([words[STATE], words[HEIRS], words[UNTIL]]).toEqual([WAITED | STARVED, 1, shared(PATIENCE)]);
  });

  it("is for others as far as heirs leave room", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [HEIRS]: 1, [STATE]: 5 });
    released(words, 0, WAITED | STARVED, 3);
    expect(wakes).toEqual([
      [HEIRS, 3],
      [STATE, 2],
    ]);
    expect(words[STATE]).toBe(WAITED | STARVED);
  });

  it("wakes a sleeper besides an heir that is a promise: its thread may be blocked", () => {
    words[STATE] = WAITED | STARVED;
    words[HEIRS + TURNSTILE] = ARMED;
    const wakes = asleep({ [STATE]: 5 });
    released(words, 0, WAITED | STARVED, 1);
    expect(wakes).toContainEqual([STATE, 1]);
    expect(words[STATE]).toBe(WAITED | STARVED);
  });

  it("takes STARVED off if no heir was there, and goes on to those who sleep on the state", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [STATE]: 1 });
    released(words, 0, WAITED | STARVED, 1);
    expect(wakes).toEqual([
      [HEIRS, 1],
      [STATE, 1],
    ]);
    expect(words[STATE]).toBe(WAITED);
  });

  it("takes STARVED off also if one who came has set WAITED meanwhile, and wakes it", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [STATE]: 1 });
    released(words, 0, STARVED, 1);
    expect(words[STATE]).toBe(WAITED);
    expect(wakes).toContainEqual([STATE, 1]);
  });

  it("leaves STARVED to the next release if the word was taken meanwhile", () => {
    words[STATE] = THEIRS | STARVED;
    const wakes = asleep({});
    released(words, 0, STARVED, 1);
    expect(words[STATE]).toBe(THEIRS | STARVED);
    expect(wakes).toEqual([[HEIRS, 1]]);
  });
});
