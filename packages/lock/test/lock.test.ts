import {
  asyncHoldableTests,
  keepAliveTests,
  mayNotBlockTests,
  sharedTests,
  thrownBy,
  watchdog,
  viewOf,
} from "@x/testkit";
import { checkNoPrivateFields, clock, platform } from "@x/core/internal";
import { Lock, RLock } from "@x/lock";
import { afterEach, describe, expect, it, vi } from "vitest";
import "./lock.stress.ts"; // in short

watchdog();
/** More waits than a spinner skips. */
const OFTEN = 66;

afterEach(() => void vi.restoreAllMocks());

it.each([
  ["Lock", Lock],
  ["RLock", RLock],
])("acquire of a free %s is one compare-exchange, and its release wakes no thread if none waits", (_, Class) => {
  const lock = new Class({ buffer: new SharedArrayBuffer(Class.BYTES) }); // not in WebAssembly memory, which bypasses `Atomics`
  const exchange = vi.spyOn(Atomics, "compareExchange");
  const read = vi.spyOn(clock, "now");
  const notify = vi.spyOn(Atomics, "notify");
  lock.acquire();
  lock.release();
  expect(exchange).toHaveBeenCalledTimes(1);
  expect(read).not.toHaveBeenCalled();
  expect(notify).not.toHaveBeenCalled();
});

it.each([Lock, RLock])(
  "an object of %o has three fields (view, index, an uncloneable value) and no private names",
  (Class) => {
    expect(Object.keys(new Class())).toEqual(["words", "at", "uncloneable"]);
    expect(() => checkNoPrivateFields(Class, "it")).not.toThrow(); // a private method is a property of each object
  },
);

it.each([
  ["Lock", Lock],
  ["RLock", RLock],
])("a newcomer to a held %s spins for a moment before it sleeps, unless its timeout is 0", (_, Class) => {
  vi.spyOn(platform, "cores").mockReturnValue(2);
  const lock = new Class({ buffer: new SharedArrayBuffer(Class.BYTES) });
  viewOf(lock)[0] = 9 << 2;
  const look = vi.spyOn(Atomics, "load");
  const looksOf = (acquire: () => boolean): number => {
    look.mockClear();
    expect(acquire()).toBe(false);
    return look.mock.calls.filter(([there]) => there.buffer === viewOf(lock).buffer).length;
  };
  const inAMoment = 8;
  expect(looksOf(() => lock.acquire(0))).toBeLessThan(inAMoment);
  expect(looksOf(() => lock.restore(1))).toBe(inAMoment);
  expect(looksOf(() => lock.acquire(1))).toBeGreaterThan(inAMoment);
});

it("a waiter reads the lock seldom, because the holder needs the cache line", () => {
  const lock = new Lock();
  lock.acquire();
  const look = vi.spyOn(Atomics, "load");
  for (let i = 0; i < OFTEN; i++) lock.acquire(1);
  expect(look.mock.calls.length).toBeLessThan(10 * OFTEN);
});

it.each([
  ["Lock", () => new Lock()],
  ["RLock", () => new RLock()],
])("restore takes a free %s as it was, and changes nothing in a held lock", (_, make) => {
  const lock = make();
  lock.acquire();
  const [saved, held] = [lock.releaseSave(), [...viewOf(lock)]];
  expect(lock.restore(saved)).toBe(true);
  expect(lock.isOwned()).toBe(true);
  const before = [...viewOf(lock)];
  expect(before).not.toEqual(held);
  expect(lock.restore(5)).toBe(false);
  expect([...viewOf(lock)]).toEqual(before);
  lock.release();
  expect(lock.locked()).toBe(false);
});

it("restore takes an RLock at the saved depth", () => {
  const lock = new RLock();
  for (let depth = 0; depth < 3; depth++) lock.acquire();
  expect(lock.restore(lock.releaseSave())).toBe(true);
  for (let depth = 3; depth > 0; depth--) {
    expect(lock.isOwned()).toBe(true);
    lock.release();
  }
  expect(lock.locked()).toBe(false);
});

it("a revoked proxy is refused with the name of the package, and not inspected", () => {
  const { proxy, revoke } = Proxy.revocable(() => undefined, {});
  revoke();
  expect(() => Lock.from(proxy as never)).toThrow(/^lock: /);
  expect(() => new RLock(proxy as never)).toThrow(/^lock: /);
});

describe("Lock", () => {
  asyncHoldableTests(() => new Lock());
  sharedTests({
    who: "lock",
    Class: Lock,
    make: (place) => new Lock(place),
    change: (lock) => (lock.locked() ? lock.release() : lock.acquire()),
    zeroed: true,
  });
  keepAliveTests({
    who: "lock",
    name: "Lock",
    make: "(() => { const lock = new Lock(); lock.acquire(); return lock; })()",
    wait: "it.acquireAsync(options)",
    wake: "it.release()",
  });

  mayNotBlockTests({
    who: "lock",
    name: "Lock",
    open: "new Lock()",
    close: "it.acquire()",
    wait: "(() => { const taken = it.acquire(timeout); if (taken) it.release(); return taken; })()",
    cure: "acquireAsync()",
  });

  it("shows in its text whether it is held", () => {
    const lock = new Lock();
    lock.with(() => expect(String(lock)).toMatch(/^<locked Lock object at 0x[0-9a-f]+>$/));
    expect(String(lock)).toMatch(/^<unlocked Lock object at 0x[0-9a-f]+>$/);
  });

  it("B106, S13: accepts no argument but a place", () => {
    for (const args of [[1], ["a"], [{ a: 1 }], [1, 2, 3]]) {
      expect(() => Reflect.construct(Lock, args)).toThrow(TypeError);
    }
  });

  it("B107, S13: may be subclassed", () => {
    class Counted extends Lock {
      taken = 0;
      override acquire(timeout?: number): boolean {
        const taken = super.acquire(timeout);
        if (taken) this.taken++;
        return taken;
      }
    }
    const lock = new Counted();
    lock.with(() => expect(lock.locked()).toBe(true));
    expect(thrownBy(() => structuredClone(lock.hold()))).toMatchObject({
      name: "DataCloneError",
      message: "core: what hold() returned cannot be cloned; it is of use only in the thread that holds",
    });
    expect(lock.taken).toBe(2);
    expect(lock).toBeInstanceOf(Lock);
    expect(Lock.from(lock.share()).locked()).toBe(true);
  });
});

describe("RLock", () => {
  sharedTests({
    who: "lock",
    Class: RLock,
    make: (place) => new RLock(place),
    change: (lock) => lock.acquire(),
    zeroed: true,
  });

  mayNotBlockTests({
    who: "lock",
    name: "RLock",
    open: "new RLock()",
    close: "it.acquire()",
    wait: "(() => { const taken = it.acquire(timeout); if (taken) it.release(); return taken; })()",
    cure: "a Lock and its acquireAsync()",
  });

  it("B196, S13: accepts no argument but a place", () => {
    for (const args of [[1], ["a"], [{ a: 1 }], [1, 2, 3]]) {
      expect(() => Reflect.construct(RLock, args)).toThrow(TypeError);
    }
  });
});
