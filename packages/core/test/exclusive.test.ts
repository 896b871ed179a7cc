/** The words of a synchronizer that one thread holds, and what is put off until it is freed. */
import {
  acquiringExclusively,
  block,
  Deadline,
  free,
  getIdent,
  holderOf,
  isOwner,
  restoreDeadOwner,
  OwnerDiedError,
  platform,
  setDeathMonitor,
  SYNCHRONIZER_WORDS,
  tryAcquire,
  trySpin,
  afterRelease,
} from "@x/core";
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

/** Says of the thread DEAD, so often, that it has died. */
function mourn(times = Infinity): void {
  setDeathMonitor({
    longWaitMs: Infinity,
    registerBlockedWait: () => expect.fail("nobody waits for long"),
    deathOf: (ident) => (ident === DEAD && times-- > 0 ? { name: "T9", cause } : undefined),
    lost: undefined,
  });
}

/** At each look at the word by one who looks for a moment, how many looks at another have gone before: those are his pauses. */
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

/** Takes it from the dead. */
function inherit(marks = 0): OwnerDiedError {
  words[0] = (DEAD << 2) | marks;
  const error = thrownBy(acquire);
  expect(error).toBeInstanceOf(OwnerDiedError);
  expect(isOwner(words, 0)).toBe(true);
  return error as OwnerDiedError;
}

describe("what one thread holds", () => {
  it("bears its number, and can be told from what another holds, and from what is free", () => {
    expect([holderOf(words, 0), isOwner(words, 0)]).toEqual([undefined, false]);
    expect(tryAcquire(words, 0)).toBe(true);
    expect([holderOf(words, 0), isOwner(words, 0), tryAcquire(words, 0)]).toEqual([getIdent(), true, false]);
    words[0] = (DEAD << 2) | WAITED;
    expect([holderOf(words, 0), isOwner(words, 0), tryAcquire(words, 0)]).toEqual([DEAD, false, false]);
  });

  it("is not taken by the fast way if anybody may wait", () => {
    words[0] = WAITED;
    expect(tryAcquire(words, 0)).toBe(false);
    expect(acquire()).toBe(true);
  });

  it("is taken by one who looks for a moment, if it is freed meanwhile", () => {
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
    ["is held by another for longer", DEAD << 2],
    ["is held, and somebody sleeps", (DEAD << 2) | WAITED],
    ["is free, and somebody has slept", WAITED],
    ["is reserved", STARVED],
  ])("is not taken by one who looks for a moment if it %s", (_, word) => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    words[0] = word;
    expect(trySpin(words, 0)).toBe(false);
    expect(words[0]).toBe(word);
  });

  it.each([
    ["it is this thread that holds it", getIdent() << 2, 2],
    ["somebody sleeps", (DEAD << 2) | WAITED, 2],
    ["there is but one core", DEAD << 2, 1],
  ])("is not looked at for a moment if %s", (_, word, cores) => {
    vi.spyOn(platform, "cores").mockReturnValue(cores);
    words[0] = word;
    expect(looks().length).toBeLessThan(2);
  });

  it("is looked at eight times in a moment, ever more rarely", () => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    words[0] = DEAD << 2;
    expect(looks()).toEqual([0, 20, 0, 40, 0, 80, 0, 160]);
  });

  it("is freed once, whoever frees it", () => {
    words[0] = DEAD << 2;
    expect(free(words, 0)).toBe(true);
    expect(free(words, 0)).toBe(false);
    words[0] = WAITED; // free, and somebody comes
    expect(free(words, 0)).toBe(false);
    expect(words[0]).toBe(WAITED);
  });

  it("is refused to others while its holder lives, or has ended without a word", () => {
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

describe("what a thread held that has died", () => {
  it("goes to one who comes, who is told whose it was and what that died of, once", () => {
    mourn();
    expect(inherit()).toMatchObject({ name: "OwnerDiedError", thread: "T9", cause });
    free(words, 0);
    expect(acquire()).toBe(true);
  });

  it("goes to one who comes also if its name has been forgotten in between", () => {
    mourn(1);
    const error = inherit();
    expect(error).toMatchObject({ thread: "its holder", cause: undefined });
    expect(error.message).toBe("lock: its holder died while it held this lock; what it protects may be half changed");
  });

  it("can be left to it: whoever comes next is told", () => {
    mourn();
    const error = inherit();
    restoreDeadOwner(words, 0, error);
    expect(words[0]).toBe(DEAD << 2);
    expect(thrownBy(acquire)).toMatchObject({ thread: "T9" });
  });

  it("is left to nobody by one who did not take it from the dead", () => {
    tryAcquire(words, 0);
    restoreDeadOwner(words, 0, new OwnerDiedError("of another"));
    expect(holderOf(words, 0)).toBeUndefined();
  });

  it("is left with the marks of those who wait, and one of them is woken", () => {
    mourn();
    const error = inherit(WAITED);
    words[0]! |= STARVED;
    const notify = vi.spyOn(Atomics, "notify").mockImplementation((_, index) => (index === 0 ? 1 : 0));
    restoreDeadOwner(words, 0, error);
    expect(words[0]).toBe((DEAD << 2) | WAITED);
    expect(notify).toHaveBeenCalledWith(words, 0, 1);
  });

  it("is left without a wake if nobody waits", () => {
    mourn();
    const error = inherit();
    const notify = vi.spyOn(Atomics, "notify");
    restoreDeadOwner(words, 0, error);
    expect(notify).not.toHaveBeenCalled();
  });

  it("keeps the mark of one who comes while it is left", () => {
    mourn();
    const error = inherit();
    const { compareExchange } = Atomics;
    vi.spyOn(Atomics, "compareExchange").mockImplementationOnce((...args: Parameters<typeof compareExchange>) => {
      Atomics.or(words, 0, WAITED);
      return compareExchange(...args);
    });
    vi.spyOn(Atomics, "notify").mockReturnValue(1);
    restoreDeadOwner(words, 0, error);
    expect(words[0]).toBe((DEAD << 2) | WAITED);
  });

  it("is a release: what is to be done then is done", () => {
    mourn();
    const error = inherit();
    const task = vi.fn();
    afterRelease(words, 0, task);
    restoreDeadOwner(words, 0, error);
    expect(task).toHaveBeenCalledTimes(1);
  });
});
