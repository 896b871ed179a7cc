/** The words of an exclusive synchronizer: acquire, release, recovery from a dead owner. */
import { block, Deadline, getIdent, OwnerDiedError } from "@x/core";
import {
  acquiringExclusively,
  release,
  holderOf,
  isOwner,
  restoreDeadOwner,
  platform,
  setDeathMonitor,
  SYNCHRONIZER_WORDS,
  tryAcquire,
  trySpin,
  afterRelease,
} from "@x/core/internal";
import { thrownBy, watchdog } from "@x/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

watchdog();

const WAITED = 1;
const STARVED = 2;
const DEAD = 9;
const cause = new Error("why");

const words = new Int32Array(new SharedArrayBuffer(SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT));

beforeEach(() => void words.fill(0));
afterEach(() => {
  vi.restoreAllMocks();
  setDeathMonitor(undefined);
});

/** Reports the death of thread DEAD, at most `times` times. */
function reportDeath(times = Infinity): void {
  setDeathMonitor({
    longWaitMs: Infinity,
    registerBlockedWait: () => expect.fail("no wait is long"),
    deathOf: (ident) => (ident === DEAD && times-- > 0 ? { name: "T9", cause } : undefined),
    lost: undefined,
  });
}

/** For each read of the word by `trySpin`: the number of pauses before it. A pause reads another word. */
function looks(): number[] {
  const look = vi.spyOn(Atomics, "load");
  trySpin(words, 0);
  const pauses: number[] = [];
  let pause = 0;
  for (const [there] of look.mock.calls) {
    if ((there as unknown) !== words) pause++;
    else {
      pauses.push(pause);
      pause = 0;
    }
  }
  return pauses;
}

const acquire = (timeout = 0): boolean =>
  block(acquiringExclusively(words, 0, Deadline.after(timeout)), "test", "the twin");

/** Acquires the lock of the dead owner. */
function recover(marks = 0): OwnerDiedError {
  words[0] = (DEAD << 2) | marks;
  const error = thrownBy(acquire);
  expect(error).toBeInstanceOf(OwnerDiedError);
  expect(isOwner(words, 0)).toBe(true);
  return error as OwnerDiedError;
}

describe("ownership", () => {
  it("holderOf returns the ident of the owner, isOwner compares it, tryAcquire takes a free lock only", () => {
    expect([holderOf(words, 0), isOwner(words, 0)]).toEqual([undefined, false]);
    expect(tryAcquire(words, 0)).toBe(true);
    expect([holderOf(words, 0), isOwner(words, 0), tryAcquire(words, 0)]).toEqual([getIdent(), true, false]);
    words[0] = (DEAD << 2) | WAITED;
    expect([holderOf(words, 0), isOwner(words, 0), tryAcquire(words, 0)]).toEqual([DEAD, false, false]);
  });

  it("tryAcquire fails if there may be waiters", () => {
    words[0] = WAITED;
    expect(tryAcquire(words, 0)).toBe(false);
    expect(acquire()).toBe(true);
  });

  it("trySpin takes the lock if its owner releases it meanwhile", () => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    words[0] = DEAD << 2;
    let looks = 0;
    vi.spyOn(Atomics, "load").mockImplementation(((there: Int32Array) => {
      if (there !== words) return 0;
      if (++looks === 4) words[0] = 0;
      return words[0];
    }) as never);
    expect(trySpin(words, 0)).toBe(true);
    expect([isOwner(words, 0), looks]).toEqual([true, 4]);
  });

  it.each([
    ["another thread holds it for longer", DEAD << 2],
    ["another thread holds it and there is a sleeper", (DEAD << 2) | WAITED],
    ["it is free and there was a sleeper", WAITED],
    ["a starving waiter has a lease", STARVED],
  ])("trySpin fails if %s", (_, word) => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    words[0] = word;
    expect(trySpin(words, 0)).toBe(false);
    expect(words[0]).toBe(word);
  });

  it.each([
    ["this thread is the owner", getIdent() << 2, 2],
    ["there is a sleeper", (DEAD << 2) | WAITED, 2],
    ["there is only one core", DEAD << 2, 1],
  ])("trySpin does not spin if %s", (_, word, cores) => {
    vi.spyOn(platform, "cores").mockReturnValue(cores);
    words[0] = word;
    expect(looks().length).toBeLessThan(2);
  });

  it("trySpin reads the word eight times, with growing pauses", () => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    words[0] = DEAD << 2;
    expect(looks()).toEqual([0, 20, 0, 40, 0, 80, 0, 160]);
  });

  it("only the first release of a held lock succeeds, in any thread", () => {
    words[0] = DEAD << 2;
    expect(release(words, 0)).toBe(true);
    expect(release(words, 0)).toBe(false);
    words[0] = WAITED; // free, and a waiter arrives
    expect(release(words, 0)).toBe(false);
    expect(words[0]).toBe(WAITED);
  });

  it("a held lock is refused while its owner lives, and if its death has no record", () => {
    words[0] = DEAD << 2;
    expect(acquire()).toBe(false);
    setDeathMonitor({
      longWaitMs: Infinity,
      registerBlockedWait: () => expect.fail(),
      deathOf: () => undefined,
      lost: undefined,
    });
    expect(acquire()).toBe(false);
  });
});

describe("recovery from a dead owner", () => {
  it("the next acquire throws OwnerDiedError with the owner and the cause, once", () => {
    reportDeath();
    expect(recover()).toMatchObject({ name: "OwnerDiedError", thread: "T9", cause });
    release(words, 0);
    expect(acquire()).toBe(true);
  });

  it("the next acquire throws OwnerDiedError even if the death record is gone by then", () => {
    reportDeath(1);
    const error = recover();
    expect(error).toMatchObject({ thread: "its holder", cause: undefined });
    expect(error.message).toBe("lock: its holder died while it held this lock; the data under it may be half changed");
  });

  it("after restoreDeadOwner the next acquire throws again", () => {
    reportDeath();
    const error = recover();
    restoreDeadOwner(words, 0, error);
    expect(words[0]).toBe(DEAD << 2);
    expect(thrownBy(acquire)).toMatchObject({ thread: "T9" });
  });

  it("restoreDeadOwner releases the lock if its owner did not recover it", () => {
    tryAcquire(words, 0);
    restoreDeadOwner(words, 0, new OwnerDiedError("of another"));
    expect(holderOf(words, 0)).toBeUndefined();
  });

  it("restoreDeadOwner keeps the mark of waiters and wakes one waiter", () => {
    reportDeath();
    const error = recover(WAITED);
    words[0]! |= STARVED;
    const notify = vi.spyOn(Atomics, "notify").mockImplementation((_, index) => (index === 0 ? 1 : 0));
    restoreDeadOwner(words, 0, error);
    expect(words[0]).toBe((DEAD << 2) | WAITED);
    expect(notify).toHaveBeenCalledWith(words, 0, 1);
  });

  it("restoreDeadOwner wakes nothing without waiters", () => {
    reportDeath();
    const error = recover();
    const notify = vi.spyOn(Atomics, "notify");
    restoreDeadOwner(words, 0, error);
    expect(notify).not.toHaveBeenCalled();
  });

  it("restoreDeadOwner keeps the mark of a concurrent newcomer", () => {
    reportDeath();
    const error = recover();
    const { compareExchange } = Atomics;
    vi.spyOn(Atomics, "compareExchange").mockImplementationOnce((...args: Parameters<typeof compareExchange>) => {
      Atomics.or(words, 0, WAITED);
      return compareExchange(...args);
    });
    vi.spyOn(Atomics, "notify").mockReturnValue(1);
    restoreDeadOwner(words, 0, error);
    expect(words[0]).toBe((DEAD << 2) | WAITED);
  });

  it("restoreDeadOwner runs deferred tasks", () => {
    reportDeath();
    const error = recover();
    const task = vi.fn();
    afterRelease(words, 0, task);
    restoreDeadOwner(words, 0, error);
    expect(task).toHaveBeenCalledTimes(1);
  });
});
