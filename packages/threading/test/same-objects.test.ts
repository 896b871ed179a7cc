/** A primitive is one object per thread, however it arrives, as in Python. */
import { LONG, thrownBy, until, watchdog } from "@x/testkit";
import { activeCount, Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore, Thread } from "@x/threading";
import { afterEach, describe, expect, it } from "vitest";
import { ALONE } from "./alone.js";
import * as w from "./same-objects.workers.mjs";

watchdog();

afterEach(() => until(() => activeCount() === ALONE));

const run = <R, A extends readonly unknown[]>(target: (...args: A) => R, ...args: A): R =>
  new Thread({ target, args }).start().result(LONG);

/** `toBe` would compare the whole slab. */
const isSame = (one: unknown, other: unknown): void => expect(one === other).toBe(true);

const MAKERS = {
  Lock: () => new Lock(),
  RLock: () => new RLock(),
  Condition: () => new Condition(),
  "Condition over a Lock": () => new Condition(new Lock()),
  Semaphore: () => new Semaphore(2),
  BoundedSemaphore: () => new BoundedSemaphore(2),
  Event: () => new Event(),
  Barrier: () => new Barrier(2),
};

describe("a primitive that returns to its sender", () => {
  it.each(Object.entries(MAKERS))("is the object that was sent: %s", (_, make: () => object) => {
    const primitive = make();
    isSame(run(w.echo, primitive), primitive);
    isSame(run(w.echo, primitive), primitive);
  });

  it("is that object at any depth, as a key, and among many", () => {
    const list = Array.from({ length: 100 }, () => new Lock());
    const owners = new Map([[list[7]!, "accounts"]]);
    const back = run(w.echo, { owners, list, set: new Set(list) });
    expect(back.list.every((lock, i) => lock === list[i])).toBe(true);
    expect([...back.set].every((lock, i) => lock === list[i])).toBe(true);
    expect(back.owners.get(list[7]!)).toBe("accounts");
  });

  it("is that object in an error, and in a field of a thread", () => {
    const lock = new Lock();
    const error = thrownBy(() => run(w.throwsWith, lock)) as Error & { readonly lock: Lock };
    isSame(error.lock, lock);
  });

  it("is the object that sharedGlobals() returned, also in the thread", () => {
    const common = run(w.theCommon);
    expect(run(w.isCommon, common)).toBe(true);
    isSame(run(w.theCommon), common);
  });

  it("is one object in the thread for all its ways: a condition's lock is the lock", () => {
    const lock = new Lock();
    expect(run(w.isOne, lock, new Condition(lock), [lock, lock])).toEqual([true, true, true]);
  });

  it("is the last sent of two objects over the same words, and both if both were sent", () => {
    const first = new Lock();
    const second = Lock.from(first.share());
    isSame(run(w.echo, first), first);
    isSame(run(w.echo, second), second);
    const back = run(
      w.echo,
      new Map([
        [first, "first"],
        [second, "second"],
      ] as const),
    );
    expect([...back.values()]).toEqual(["first", "second"]);
  });

  it("is another object over the same words if it has fields of its own or is in the user's memory", () => {
    const named = Object.assign(new w.Named(), { name: "Ada" });
    const placed = new Lock({ buffer: new SharedArrayBuffer(Lock.BYTES) });
    for (const lock of [named, placed]) {
      const back = run(w.echo, lock);
      expect(back === lock).toBe(false);
      back.acquire();
      expect(lock.locked()).toBe(true);
      lock.release();
    }
  });
});
