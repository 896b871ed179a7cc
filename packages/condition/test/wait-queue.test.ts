/** The wait queue, one step at a time: the words after each step. condition.model.ts covers all schedules of the steps. */
import { Condition } from "@x/condition";
import { Deadline, mayBlock, type Steps, ThreadError, type Wait } from "@x/core";
import { assumeIdent, clock, getIdent, learnDeaths, markDead, wordsOf } from "@x/core/internal";
import { Lock } from "@x/lock";
import { runScript, watchdog } from "@x/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

watchdog();

const QUEUE = 7;
const [FIRST, LAST, COUNT, FREE, COUNTER, OWN_COUNTER, LIMIT, DIRTY] = [0, 1, 2, 3, 4, 5, 6, 7].map(
  (word) => QUEUE + word,
) as [...[number, number, number, number, number, number, number, number]];
const NODES = 16;
const NODE_WORDS = 5;
const NEXT = 2;
const PREV = 3;

const WAITING = 1;
const NOTIFIED = 2;
const ACKNOWLEDGED = 3;
const SUSPECT = 4;
const LEAVING = 5;
const DETACHED = 6;

const CAPACITY = 4;
const [A, B, C, D] = [0, 1, 2, 3].map((n) => NODES + n * NODE_WORDS) as [number, number, number, number];

let words: Int32Array;
let lock: Lock;
let condition: Condition<Lock>;
/** The nodes whose waiters sleep. */
let asleep: Set<number>;
/** The nodes in the order of their wake-ups. */
let woken: number[];
let naps: number[];
let now: number;

beforeEach(() => {
  words = new Int32Array(new SharedArrayBuffer(Condition.bytes(CAPACITY)));
  lock = new Lock();
  condition = new Condition(lock, { buffer: words.buffer as SharedArrayBuffer, waiters: CAPACITY });
  [asleep, woken, naps, now] = [new Set(), [], [], clock.now()];
  mayBlock(); // its first call waits
  vi.spyOn(clock, "now").mockImplementation(() => now);
  vi.spyOn(Atomics, "notify").mockImplementation((there, index) => {
    if (there.buffer !== words.buffer) return 0;
    woken.push(index);
    return asleep.has(index) ? 1 : 0;
  });
  vi.spyOn(Atomics, "wait").mockImplementation((_words, _index, _value, ms = Infinity) => {
    naps.push(ms);
    return "timed-out";
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(words[DIRTY]).toBe(0);
});

/** The nodes of the queue, read forwards. Checks that PREV, LAST and COUNT agree. */
function queue(): number[] {
  const nodes: number[] = [];
  let last = 0;
  for (let node = words[FIRST]!; node !== 0; node = words[node + NEXT]!) {
    expect(words[node + PREV]).toBe(last);
    nodes.push((last = node));
  }
  expect([words[LAST], words[COUNT]]).toEqual([last, nodes.length]);
  return nodes;
}

const states = (...nodes: number[]): number[] => nodes.map((node) => words[node]!);

/** A waiter that has released the lock, and would sleep. */
function waiter(deadline = Deadline.NEVER): Steps<boolean> {
  lock.acquire();
  const steps = condition.waiting(deadline);
  expect(steps.next().done).toBe(false);
  expect(lock.locked()).toBe(false);
  return steps;
}

const waiters = (n: number): Steps<boolean>[] => Array.from({ length: n }, () => waiter());

/** The result of the wait. Checks that the waiter holds the lock, and releases it. */
function returned(steps: Steps<boolean>): boolean {
  const step = steps.next("ok");
  if (step.done !== true) return expect.fail("waits on");
  expect(lock.locked()).toBe(true);
  lock.release();
  return step.value;
}

/** A waiter whose time is over, and that has not noticed yet. */
function late(): Steps<boolean> {
  const steps = waiter(Deadline.after(5));
  now += 5;
  return steps;
}

describe("a waiter", () => {
  it("stands at the end of the queue and sleeps on its own node", () => {
    const deadline = Deadline.after(50);
    lock.acquire();
    expect(condition.waiting(deadline).next().value).toMatchObject({ words, index: A, value: WAITING, deadline });
    waiters(2);
    expect(queue()).toEqual([A, B, C]);
    expect(states(A, B, C)).toEqual([WAITING, WAITING, WAITING]);
  });

  it("uses a free node before it allocates a new node", () => {
    for (const steps of [late(), late()]) expect(returned(steps)).toBe(false);
    expect(words[FREE]).toBe(B);
    expect(words[B + NEXT]).toBe(A);
    waiters(3);
    expect(queue()).toEqual([B, A, C]);
    expect(words[FREE]).toBe(0);
  });

  it("is refused without memory for its node, changes nothing, and may wait after a node is free again", () => {
    const [first] = waiters(CAPACITY);
    for (let i = 0; i < 2; i++) {
      lock.acquire();
      expect(() => condition.waiting(Deadline.NEVER).next()).toThrow(ThreadError);
      expect(lock.locked()).toBe(true);
      lock.release();
    }
    expect(queue()).toEqual([A, B, C, D]);
    expect([words[COUNTER], words[OWN_COUNTER], words[LIMIT]]).toEqual([OWN_COUNTER, words.length, words.length]);
    asleep.add(A);
    condition.with(() => condition.notify());
    expect(returned(first!)).toBe(true);
    waiter();
    expect(queue()).toEqual([B, C, D, A]);
  });

  it("waits again after a spurious wake-up", () => {
    const steps = waiter();
    expect((steps.next("ok").value as Wait).index).toBe(A);
    expect(queue()).toEqual([A]);
  });

  it.each([
    ["first", 0, [B, C]],
    ["middle", 1, [A, C]],
    ["last", 2, [A, B]],
  ])("that times out leaves the queue from its %s place", (_, place, rest) => {
    const all = [0, 1, 2].map((i) => (i === place ? late() : waiter()));
    expect(returned(all[place]!)).toBe(false);
    expect(queue()).toEqual(rest);
  });

  it("that is LEAVING cannot be notified, and leaves the queue when it has the lock", () => {
    const steps = late();
    lock.acquire();
    steps.next("timed-out");
    expect(states(A)).toEqual([LEAVING]);
    expect(queue()).toEqual([A]);
    condition.notify();
    lock.release();
    expect(states(A)).toEqual([DETACHED]);
    expect(queue()).toEqual([]);
    expect(returned(steps)).toBe(false);
    expect([words[FREE], words[A + NEXT]]).toEqual([A, 0]);
    expect(queue()).toEqual([]);
  });
});

describe("notify", () => {
  it.each([
    [1, [A], [B, C]],
    [2, [A, B], [C]],
    [3, [A, B, C], []],
    [9, [A, B, C], []],
    [0, [], [A, B, C]],
    [-1, [], [A, B, C]],
  ])("(%i) goes to the longest waiters", (n, notified, rest) => {
    waiters(3);
    asleep = new Set([A, B, C]);
    lock.acquire();
    condition.notify(n);
    expect(queue()).toEqual(rest);
    expect(states(...notified)).toEqual(notified.map(() => NOTIFIED));
    expect(woken).toEqual([]); // a woken waiter would find the lock held
    lock.release();
    expect(woken).toEqual(notified);
    expect(naps).toEqual([]);
  });

  it("skips and detaches LEAVING waiters", () => {
    const first = late();
    waiter();
    asleep.add(B);
    lock.acquire();
    first.next("timed-out");
    condition.notify();
    lock.release();
    expect(states(A, B)).toEqual([DETACHED, NOTIFIED]);
    expect(queue()).toEqual([]);
  });

  it("is acknowledged by its waiter, which then returns true", () => {
    const steps = waiter();
    asleep.add(A);
    lock.acquire();
    condition.notify();
    steps.next("ok");
    expect(states(A)).toEqual([ACKNOWLEDGED]);
    lock.release();
    expect(returned(steps)).toBe(true);
    expect(words[FREE]).toBe(A);
  });

  it("reaches a waiter whose time ran out before the notify", () => {
    const steps = late();
    lock.acquire();
    condition.notify();
    steps.next("timed-out");
    lock.release();
    expect(returned(steps)).toBe(true);
  });

  it("reaches a waiter that is about to set LEAVING", () => {
    const steps = late();
    lock.acquire();
    const exchange = Atomics.compareExchange;
    const exchanged = vi.spyOn(Atomics, "compareExchange").mockImplementation(((there, index, from, to) => {
      if (there.buffer === words.buffer && index === A && from === WAITING && to === LEAVING) {
        exchanged.mockRestore();
        condition.notify();
      }
      return exchange(there as Int32Array, index, from as number, to as number);
    }) as typeof exchange);
    steps.next("timed-out");
    expect(states(A)).toEqual([ACKNOWLEDGED]);
    lock.release();
    expect(returned(steps)).toBe(true);
  });

  it("needs no nap if its waiter acknowledges at once, or has left", () => {
    const [first, second] = waiters(2);
    lock.acquire();
    condition.notify(2);
    first!.next("ok");
    second!.next("ok");
    const acquire = vi.spyOn(lock, "acquire");
    lock.release();
    expect(acquire).not.toHaveBeenCalled();
    expect(states(A, B)).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
    expect([woken, naps]).toEqual([[A, B], []]);
  });
});

describe("a notify without acknowledgement", () => {
  it("goes to the next waiter after all naps; the first waiter becomes SUSPECT at the front of the queue", () => {
    waiters(3);
    asleep.add(B);
    condition.with(() => condition.notify());
    expect(naps).toEqual([0.05, 1, 10, 90]);
    expect(woken).toEqual([A, B]);
    expect(states(A, B, C)).toEqual([SUSPECT, NOTIFIED, WAITING]);
    expect(queue()).toEqual([A, C]);
  });

  it("goes to the next waiter at once if the first waiter's thread has died, though its sleep is counted", () => {
    learnDeaths(); // in a page only threads know of deaths
    const [ours, dead] = [getIdent(), 123_456];
    assumeIdent(dead);
    waiter();
    assumeIdent(ours);
    waiter();
    markDead(dead);
    asleep = new Set([A, B]);
    condition.with(() => condition.notify());
    expect(naps).toEqual([]);
    expect(states(A, B)).toEqual([SUSPECT, NOTIFIED]);
    condition.with(() => condition.notify());
    expect(queue()).toEqual([]);
  });

  it("needs no more naps once its waiter has left", () => {
    const [first] = waiters(2);
    vi.spyOn(Atomics, "wait").mockImplementation((_words, _index, _value, ms = Infinity) => {
      if (naps.push(ms) === 2) first!.next("ok");
      return "timed-out";
    });
    condition.with(() => condition.notify());
    expect(naps).toEqual([0.05, 1]);
    expect(words[FREE]).toBe(A);
    expect(queue()).toEqual([B]);
  });

  it("needs no nap where blocking is forbidden", async () => {
    const ran = await runScript(`
      Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
      const { Condition } = await import("@x/condition");
      const { Deadline } = await import("@x/core");
      const { Lock } = await import("@x/lock");
      const condition = new Condition(new Lock());
      condition.lock.acquire();
      condition.waiting(Deadline.NEVER).next();
      condition.with(() => condition.notify());
      console.log(condition.locked());`);
    expect(ran).toMatchObject({ stdout: "true\n", stderr: "", status: 0 }); // held to pass the notify on
  });

  it("needs no lock once it is acknowledged", () => {
    waiter();
    vi.spyOn(Atomics, "wait").mockImplementation((_words, _index, _value, ms = Infinity) => {
      if (naps.push(ms) === 2) words[A] = ACKNOWLEDGED;
      return "timed-out";
    });
    const acquire = vi.spyOn(Lock.prototype, "acquire");
    condition.with(() => condition.notify());
    expect(acquire).toHaveBeenCalledTimes(1);
    expect(lock.locked()).toBe(false);
  });

  it("stays with its waiter if no other thread waits", () => {
    const steps = waiter();
    condition.with(() => condition.notify());
    expect(states(A)).toEqual([NOTIFIED]);
    expect(queue()).toEqual([]);
    expect(returned(steps)).toBe(true);
  });

  it("stays with all its waiters if fewer other threads wait", () => {
    waiters(3);
    asleep.add(C);
    condition.with(() => condition.notify(2));
    expect(states(A, B, C)).toEqual([NOTIFIED, NOTIFIED, NOTIFIED]);
    expect(queue()).toEqual([]);
    expect(woken).toEqual([A, B, C, B, A]);
  });

  it("goes to all suspects if it finds no other waiter", () => {
    waiters(4);
    asleep = new Set([C, D]);
    condition.with(() => condition.notify(2));
    expect(states(A, B, C, D)).toEqual([SUSPECT, SUSPECT, NOTIFIED, NOTIFIED]);
    expect(queue()).toEqual([B, A]);
    asleep = new Set([A, B]);
    condition.with(() => condition.notify());
    expect(states(A, B)).toEqual([NOTIFIED, NOTIFIED]);
    expect(queue()).toEqual([]);
  });

  it("goes to no suspect while other threads wait", () => {
    waiters(3);
    asleep = new Set([B, C]);
    condition.with(() => condition.notify());
    condition.with(() => condition.notify());
    expect(states(A, B, C)).toEqual([SUSPECT, NOTIFIED, NOTIFIED]);
    expect(queue()).toEqual([A]);
  });

  it("leaves a slow waiter at the front of the queue, WAITING again", () => {
    const [first] = waiters(3);
    asleep.add(B);
    condition.with(() => condition.notify());
    expect((first!.next("ok").value as Wait).index).toBe(A);
    expect(states(A)).toEqual([WAITING]);
    expect(queue()).toEqual([A, C]);
  });

  it("lets its suspect time out and leave the queue", () => {
    const first = waiter(Deadline.after(20));
    waiter();
    asleep.add(B);
    condition.with(() => condition.notify());
    expect(states(A)).toEqual([SUSPECT]);
    now += 20;
    expect(returned(first)).toBe(false);
    expect(queue()).toEqual([]);
  });
});

describe("the owner after an owner that died during a change", () => {
  it("removes the nodes whose wait is decided, and restores the rest", () => {
    waiters(4);
    words[DIRTY] = 1;
    [words[A], words[B], words[C], words[D]] = [NOTIFIED, WAITING, DETACHED, SUSPECT];
    [words[B + PREV], words[D + PREV], words[LAST], words[COUNT]] = [99, 99, 99, 99];
    lock.acquire();
    condition.notify(0);
    expect(queue()).toEqual([B, D]);
    lock.release();
  });

  it("keeps LEAVING waiters in the queue", () => {
    waiters(2);
    words[DIRTY] = 1;
    words[A] = LEAVING;
    words[COUNT] = 99;
    lock.acquire();
    condition.notify(0);
    expect(queue()).toEqual([A, B]);
    lock.release();
  });

  it("finds the queue empty if the wait of every node is decided", () => {
    waiters(2);
    words[DIRTY] = 1;
    [words[A], words[B]] = [ACKNOWLEDGED, DETACHED];
    lock.acquire();
    condition.notify(0);
    expect(queue()).toEqual([]);
    lock.release();
  });
});

describe("memory", () => {
  it("is set once, by the first thread that makes the condition", () => {
    expect([words[COUNTER], words[OWN_COUNTER], words[LIMIT]]).toEqual([
      OWN_COUNTER,
      NODES,
      NODES + CAPACITY * NODE_WORDS,
    ]);
    waiter();
    const again = new Condition(lock, { buffer: words.buffer as SharedArrayBuffer, waiters: 2 });
    expect([words[COUNTER], words[OWN_COUNTER], words[LIMIT]]).toEqual([OWN_COUNTER, B, NODES + CAPACITY * NODE_WORDS]);
    expect(again.share()).toMatchObject({ waiters: CAPACITY });
  });

  it("of a slab holds the nodes of all its conditions in its second half", () => {
    const SLAB_WORDS = 2 ** 18;
    const made = Array.from({ length: SLAB_WORDS / 2 / NODES + 1 }, () => new Condition(lock));
    const slabs = [...new Set(made.map((condition) => wordsOf(condition).words))];
    expect(slabs.length).toBeGreaterThan(1);
    expect(new Set(slabs.map(({ length }) => length))).toEqual(new Set([SLAB_WORDS]));
    const ats = made.map((condition) => wordsOf(condition).at);
    expect(ats.filter((at) => at % NODES !== 0)).toEqual([]);
    expect([Math.min(...ats), Math.max(...ats)]).toEqual([NODES, SLAB_WORDS / 2 - NODES]);
    const places = made.map(wordsOf).map(({ words, at }) => `${slabs.indexOf(words)}: ${at}`);
    expect(new Set(places).size).toBe(made.length);
    const [last, before] = [made.at(-1)!, made.at(-2)!];
    for (const one of [last, before, last]) {
      lock.acquire();
      const { index } = one.waiting(Deadline.NEVER).next().value as Wait;
      expect(index).toBeGreaterThanOrEqual(SLAB_WORDS / 2);
      expect(index + NODE_WORDS).toBeLessThanOrEqual(SLAB_WORDS);
    }
    expect(last.share()).not.toHaveProperty("waiters");
  });

  it("of a slab is used up to its last line, and takes no condition once half of its nodes are allocated", () => {
    const SLAB_WORDS = 2 ** 18;
    let one = new Condition(lock);
    while (wordsOf(one).at !== SLAB_WORDS / 2 - NODES) one = new Condition(lock); // up to the last line
    const fresh = new Condition(lock);
    expect(wordsOf(fresh).at).toBe(NODES);
    expect(wordsOf(fresh).words === wordsOf(one).words).toBe(false); // not.toBe() would compare all words
    const counter = 2;
    const nodes = SLAB_WORDS / 2;
    expect(wordsOf(fresh).words[counter]).toBe(nodes);
    wordsOf(fresh).words[counter] = nodes + nodes / 2;
    expect(wordsOf(new Condition(lock)).words).toBe(wordsOf(fresh).words);
    wordsOf(fresh).words[counter] = nodes + nodes / 2 + 1;
    expect(wordsOf(new Condition(lock)).words === wordsOf(fresh).words).toBe(false);
  });

  it("of a slab may be used up by waiters: the next wait throws a ThreadError", () => {
    const fresh = new Condition(lock);
    const counter = 2;
    wordsOf(fresh).words[counter] = 2 ** 18 - NODE_WORDS;
    lock.acquire();
    fresh.waiting(Deadline.NEVER).next();
    lock.acquire();
    expect(() => fresh.waiting(Deadline.NEVER).next()).toThrow(ThreadError);
    lock.release();
  });
});
