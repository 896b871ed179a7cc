/** The steps of a synchronizer, one at a time, and the words after each step. lock.model.ts tests all schedules. */
import { Deadline, type Steps, type Wait, type Woken } from "@x/core";
import { acquiring, type Claim, clock, REFUSED, released, SYNCHRONIZER_WORDS } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";

watchdog();

const STATE = 0;
const STARVING = 2;
const LEASE_END = 4;
const ASYNC_EPOCH = 1;
const ARMED = 1;

const WAITED = 1;
const STARVED = 2;
const MINE = 7 << 2;
const THEIRS = 9 << 2;
const LEASE_MS = 2;

const words = new Int32Array(new SharedArrayBuffer(SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT));

let read: MockInstance<() => number>;
let now = 0;
/** The shared clock of all threads, in the form of LEASE_END. */
const shared = (ms = 0): number => (clock.timeOrigin + now + ms) | 0;

function pass(ms: number): void {
  now += ms;
  read.mockReturnValue(now);
}

beforeEach(() => {
  words.fill(0);
  read = vi.spyOn(clock, "now");
  // A whole number of milliseconds of the shared clock: otherwise a lease would end a moment later.
  now = 100_000 - (clock.timeOrigin % 1) + 1e-3;
  pass(0);
});
afterEach(() => void vi.restoreAllMocks());

/** Claims a lock: one owner at a time. */
const lock: Claim = (state) => (state === 0 ? 7 : REFUSED);
/** Claims a permit of a semaphore. */
const permit: Claim = (permits) => (permits > 0 ? permits - 1 : REFUSED);

const newcomer = (deadline = Deadline.NEVER, claim = lock): Steps<number> => acquiring(words, 0, claim, deadline);

/** The wait yielded by the steps. */
function slept(steps: Steps<number>, woken: Woken = "ok"): Wait {
  const step = steps.next(woken);
  if (step.done === true) return expect.fail(`returned ${step.value}`);
  return step.value;
}

function returned(steps: Steps<number>, woken: Woken = "ok"): number {
  const step = steps.next(woken);
  return step.done === true ? step.value : expect.fail("waits");
}

/** A waiter, asleep because another thread holds the lock. */
function sleeper(deadline = Deadline.NEVER, claim = lock): Steps<number> {
  words[STATE] = claim === lock ? THEIRS : 0;
  const steps = newcomer(deadline, claim);
  expect(slept(steps).index).toBe(STATE);
  return steps;
}

/** A waiter, asleep as a starving waiter after 1 ms. */
function starvingWaiter(deadline = Deadline.NEVER, claim = lock): Steps<number> {
  const steps = sleeper(deadline, claim);
  pass(1);
  expect(slept(steps).index).toBe(STARVING);
  return steps;
}

/** Another thread has released; the lease of the starving waiters lasts `ms` milliseconds. */
function lease(ms = LEASE_MS, state = 0): void {
  words[STATE] = state | STARVED;
  words[LEASE_END] = shared(ms);
}

describe("a newcomer", () => {
  it("takes a free state, and returns the state before", () => {
    expect(returned(newcomer())).toBe(0);
    expect(words[STATE]).toBe(MINE);
    words[STATE] = 3 << 2;
    expect(returned(newcomer(Deadline.NEVER, permit))).toBe(3);
    expect(words[STATE]).toBe(2 << 2);
  });

  it("keeps the marks of others when it takes", () => {
    words[STATE] = WAITED;
    expect(returned(newcomer())).toBe(0);
    expect(words[STATE]).toBe(MINE | WAITED);
  });

  it("leaves no mark with a timeout of 0", () => {
    words[STATE] = THEIRS;
    expect(returned(newcomer(Deadline.after(0)))).toBe(REFUSED);
    expect(words[STATE]).toBe(THEIRS);
  });

  it("sets WAITED and sleeps on the marked word, until its deadline", () => {
    words[STATE] = THEIRS;
    const deadline = Deadline.after(5);
    expect(slept(newcomer(deadline))).toMatchObject({ words, index: STATE, value: THEIRS | WAITED, deadline });
    expect(words[STATE]).toBe(THEIRS | WAITED);
    expect(slept(newcomer())).toMatchObject({ index: STATE, value: THEIRS | WAITED });
  });

  it("sleeps at once, and names the holder, if one thread holds the lock", () => {
    words[STATE] = THEIRS;
    expect(slept(newcomer())).toMatchObject({ holder: undefined, sleepsAtOnce: false });
    const holder = { index: STATE, shift: 2 };
    expect(slept(acquiring(words, 0, lock, Deadline.NEVER, holder))).toMatchObject({ holder, sleepsAtOnce: true });
  });

  it("tries again if the word changes while it takes or marks", () => {
    let tries = 0;
    const overtaken: Claim = (state) => {
      if (++tries === 1) words[STATE] = THEIRS; // between the read and the compare-exchange
      if (tries === 2) words[STATE] = THEIRS | STARVED;
      return lock(state);
    };
    expect(slept(newcomer(Deadline.NEVER, overtaken))).toMatchObject({ value: THEIRS | STARVED | WAITED });
    expect(tries).toBe(3);
    expect(words[STATE]).toBe(THEIRS | STARVED | WAITED);
  });
});

describe("a waiter that has slept", () => {
  it("takes with the mark of its word: others may still sleep there", () => {
    const steps = sleeper();
    words[STATE] = 0;
    expect(returned(steps)).toBe(0);
    expect(words[STATE]).toBe(MINE | WAITED);
  });

  it("sets its mark again before it gives up, if a release has cleared it", () => {
    const steps = sleeper(Deadline.after(0.5));
    words[STATE] = THEIRS;
    pass(0.5);
    expect(returned(steps, "timed-out")).toBe(REFUSED);
    expect(words[STATE]).toBe(THEIRS | WAITED);
  });

  it("tries once more before it gives up, even during a lease: the wake-up may have been for it", () => {
    const steps = sleeper(Deadline.after(0.5));
    lease();
    pass(0.5);
    expect(returned(steps)).toBe(0);
  });

  it("gives up as the victim of a deadlock, unless the lock is free", () => {
    expect(returned(sleeper(), "deadlock")).toBe(REFUSED);
    const steps = sleeper();
    words[STATE] = 0;
    expect(returned(steps, "deadlock")).toBe(0);
  });

  it("is starving only after a millisecond of being passed over", () => {
    const steps = sleeper();
    pass(0.9);
    expect(slept(steps).index).toBe(STATE);
    pass(0.1);
    expect(slept(steps).index).toBe(STARVING);
  });

  it("is starving only if it slept in that time, not if it was slow", () => {
    const steps = newcomer(Deadline.NEVER, (state) => {
      pass(2);
      return lock(state);
    });
    words[STATE] = THEIRS;
    expect(slept(steps).index).toBe(STATE);
  });
});

describe("a starving waiter", () => {
  it("sets STARVED, leaves the end of the lease to the release, and sleeps on STARVING as it was before the try", () => {
    const steps = sleeper();
    words[STARVING] = 5;
    words[LEASE_END] = 123;
    pass(1);
    expect(slept(steps)).toMatchObject({ index: STARVING, value: 5, deadline: Deadline.NEVER });
    expect([words[STATE], words[LEASE_END]]).toEqual([THEIRS | WAITED | STARVED, 0]);
  });

  it("keeps the end of the lease if another waiter has set STARVED", () => {
    const steps = sleeper();
    words[STATE]! |= STARVED;
    words[LEASE_END] = 123;
    pass(1);
    expect(slept(steps).index).toBe(STARVING);
    expect(words[LEASE_END]).toBe(123);
  });

  it("reads STARVING before the state, so that it does not sleep through a release between the two", () => {
    words[STATE] = THEIRS;
    let turns = 0;
    const steps = newcomer(Deadline.NEVER, (state) => {
      words[STARVING] = ++turns; // a release, with or without STARVED
      return lock(state);
    });
    slept(steps);
    pass(1);
    expect(slept(steps)).toMatchObject({ index: STARVING, value: 1 });
  });

  it("takes the lock during a lease, with the marks of both words, and ends the lease", () => {
    const steps = starvingWaiter();
    lease();
    expect(returned(steps)).toBe(0);
    expect([words[STATE], words[LEASE_END], words[STARVING]]).toEqual([MINE | WAITED | STARVED, 0, 0]);
  });

  it("wakes the next starving waiter if permits are left, and begins a new lease", () => {
    const steps = starvingWaiter(Deadline.NEVER, permit);
    lease(1, 3 << 2);
    words[STARVING + ASYNC_EPOCH] = ARMED;
    expect(returned(steps)).toBe(3);
    expect([words[STATE], words[STARVING], words[LEASE_END]]).toEqual([(2 << 2) | STARVED, 1, shared(LEASE_MS)]);
  });

  it("clears STARVED if permits are left and there are no starving waiters", () => {
    const steps = starvingWaiter(Deadline.NEVER, permit);
    lease(1, 3 << 2);
    returned(steps);
    expect(words[STATE]).toBe(2 << 2);
  });
});

describe("a lease", () => {
  it("refuses a newcomer with a timeout of 0", () => {
    lease();
    expect(returned(newcomer(Deadline.after(0)))).toBe(REFUSED);
    expect(words[STATE]).toBe(STARVED);
  });

  it("lets a newcomer sleep beside the starving waiters until its end", () => {
    lease(1);
    const { index, value, deadline } = slept(newcomer(Deadline.after(50)));
    expect([index, value]).toEqual([STATE, STARVED | WAITED]);
    expect(deadline.left()).toBeCloseTo(1, 1);
  });

  it("lets a newcomer sleep no longer than the newcomer's own deadline", () => {
    lease();
    const deadline = Deadline.after(0.5);
    expect(slept(newcomer(deadline)).deadline).toBe(deadline);
  });

  it("lets a waiter stay asleep if it is not starving", () => {
    const steps = sleeper();
    lease();
    expect(slept(steps).index).toBe(STATE);
  });

  it("does not bind a waiter that slept through it: that waiter is starving", () => {
    lease();
    const steps = newcomer();
    slept(steps);
    pass(LEASE_MS);
    expect(returned(steps, "timed-out")).toBe(0);
  });

  it("expires at LEASE_END", () => {
    lease(1);
    pass(1);
    expect(returned(newcomer())).toBe(0);
  });

  it("has expired if its rest is longer than any lease: the clock has wrapped", () => {
    lease(LEASE_MS + 1);
    expect(returned(newcomer())).toBe(0);
    lease(-1);
    expect(returned(newcomer())).toBe(0);
    lease(LEASE_MS);
    expect(slept(newcomer()).index).toBe(STATE);
  });

  it("begins with a newcomer if its end is undecided", () => {
    lease();
    words[LEASE_END] = 0;
    expect(slept(newcomer()).deadline.left()).toBeCloseTo(LEASE_MS, 1);
    expect(words[LEASE_END]).toBe(shared(LEASE_MS));
    pass(LEASE_MS);
    expect(returned(newcomer())).toBe(0);
  });

  it("ends with the next take, even after it has expired", () => {
    lease(-1);
    returned(newcomer());
    expect([words[STATE], words[LEASE_END]]).toEqual([MINE | STARVED, 0]);
  });

  it("never ends at 0, which means undecided", () => {
    now = Math.ceil((clock.timeOrigin + now) / 2 ** 32) * 2 ** 32 - clock.timeOrigin - LEASE_MS;
    pass(0);
    expect(shared(LEASE_MS)).toBe(0);
    released(words, 0, STARVED, 1);
    expect(words[LEASE_END]).toBe(1);
  });

  it("is not read without STARVED", () => {
    words[LEASE_END] = shared(1);
    expect(returned(newcomer())).toBe(0);
    expect(words[LEASE_END]).toBe(shared(1));
  });
});

describe("released", () => {
  /** Sets the number of sleepers on each word; returns the wakes, as words and numbers. */
  function asleep(sleepers: Readonly<Record<number, number>>): [place: number, n: number][] {
    const wakes: [number, number][] = [];
    vi.spyOn(Atomics, "notify").mockImplementation((_, place, n = Infinity) => {
      wakes.push([place, n]);
      return Math.min(n, sleepers[place] ?? 0);
    });
    return wakes;
  }

  it("wakes nothing without marks", () => {
    const wakes = asleep({});
    released(words, 0, 0, 1);
    expect(wakes).toEqual([]);
    expect([...words]).toEqual([0, 0, 0, 0, 0]);
  });

  it("wakes as many waiters as there are permits, and keeps the mark", () => {
    words[STATE] = WAITED;
    const wakes = asleep({ [STATE]: 5 });
    released(words, 0, WAITED, 3);
    expect(wakes).toEqual([[STATE, 3]]);
    expect(words[STATE]).toBe(WAITED);
  });

  it("clears WAITED if there was no sleeper and the word is as released", () => {
    asleep({});
    words[STATE] = WAITED;
    released(words, 0, WAITED, 1);
    expect(words[STATE]).toBe(0);
    words[STATE] = THEIRS | WAITED; // taken meanwhile, perhaps by a former sleeper
    released(words, 0, WAITED, 1);
    expect(words[STATE]).toBe(THEIRS | WAITED);
  });

  it("keeps WAITED if a task awaits", () => {
    asleep({});
    words[STATE] = WAITED;
    words[STATE + ASYNC_EPOCH] = ARMED;
    released(words, 0, WAITED, 1);
    expect(words[STATE]).toBe(WAITED);
  });

  it("begins a lease, changes STARVING, and wakes only starving waiters if they are enough", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [STARVING]: 5, [STATE]: 5 });
    released(words, 0, WAITED | STARVED, 2);
    expect(wakes).toEqual([[STARVING, 2]]);
    expect([words[STATE], words[STARVING], words[LEASE_END]]).toEqual([WAITED | STARVED, 1, shared(LEASE_MS)]);
  });

  it("wakes other waiters for the permits that starving waiters leave", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [STARVING]: 1, [STATE]: 5 });
    released(words, 0, WAITED | STARVED, 3);
    expect(wakes).toEqual([
      [STARVING, 3],
      [STATE, 2],
    ]);
    expect(words[STATE]).toBe(WAITED | STARVED);
  });

  it("wakes a sleeper besides a starving task: the thread of the task may be blocked", () => {
    words[STATE] = WAITED | STARVED;
    words[STARVING + ASYNC_EPOCH] = ARMED;
    const wakes = asleep({ [STATE]: 5 });
    released(words, 0, WAITED | STARVED, 1);
    expect(wakes).toContainEqual([STATE, 1]);
    expect(words[STATE]).toBe(WAITED | STARVED);
  });

  it("clears STARVED if there is no starving waiter, and wakes sleepers on the state", () => {
    words[STATE] = WAITED | STARVED;
    const wakes = asleep({ [STATE]: 1 });
    released(words, 0, WAITED | STARVED, 1);
    expect(wakes).toEqual([
      [STARVING, 1],
      [STATE, 1],
    ]);
    expect(words[STATE]).toBe(WAITED);
  });

  it("clears STARVED even if a newcomer has set WAITED meanwhile, and wakes the newcomer", () => {
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
    expect(wakes).toEqual([[STARVING, 1]]);
  });
});
