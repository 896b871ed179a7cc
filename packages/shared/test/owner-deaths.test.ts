/**
 * A thread dies in a call of a shared object, before each of its stores in turn: while it holds the guard, and before
 * and after. The object is then as it was before the call or as it was after, and all other threads can use it.
 */
import { getIdent, OwnerDiedError, TimeoutError, wake } from "@x/core";
import { newStoreMemory, setMemoryKeeper } from "@x/core/internal";
import { type Life, LONG, MortalKeeper, pauseAsync, watchdog } from "@x/testkit";
import { terminate, Thread } from "@x/thread";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CELL_WORDS } from "../src/cell.ts";
import { Fields } from "../src/fields.ts";
import { GUARD_WORDS } from "../src/guard.ts";
import type { HeapHandle } from "../src/heap.ts";
import { SharedArray } from "../src/shared-array.ts";
import type { SharedLock } from "../src/shared-lock.ts";
import { SharedMap } from "../src/shared-map.ts";
import { SharedSet } from "../src/shared-set.ts";
import { SharedValue } from "../src/shared-value.ts";
import { awaitDeath } from "./owner-deaths.workers.mjs";

watchdog();

let keeper: MortalKeeper;
let dead: number;

beforeAll(() => {
  const thread = new Thread({ target: awaitDeath }).start();
  terminate(thread);
  thread.join(LONG);
  dead = thread.ident!;
});

beforeEach(() => setMemoryKeeper((keeper = new MortalKeeper())));

// ---------------------------------------------------------------- deaths

/** The words of a guard. */
const LOCK = 0;
const HOLDS = GUARD_WORDS - 2;
const OPERATIONS = GUARD_WORDS - 1;
/** The number of bits below the ident of the lock's owner. */
const MARKS = 2;

/** Where something is: its own words, and those of the heap of its bytes. */
interface Handle {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: 0;
  readonly heap?: HeapHandle;
  readonly memory?: SharedArrayBuffer;
}

/** The words of the guards of an object. */
function guardsOf({ buffer, heap }: Handle): Int32Array[] {
  return [new Int32Array(buffer), ...(heap === undefined ? [] : [new Int32Array(heap.buffer, heap.byteOffset)])];
}

/** Lets all views of this object that `act` makes be those of a thread that may die. */
function withViews({ buffer, memory, heap }: Handle, mortal: (words: Int32Array) => Int32Array, act: () => void): void {
  const buffers: unknown[] = [buffer, memory, heap?.buffer, heap?.memory];
  const real = Int32Array;
  globalThis.Int32Array = new Proxy(real, {
    construct(target, args) {
      const view = Reflect.construct(target, args) as Int32Array;
      return args[0] !== undefined && buffers.includes(args[0]) ? mortal(view) : view;
    },
  });
  try {
    act();
  } finally {
    globalThis.Int32Array = real;
  }
}

/**
 * Runs `act` on the object in a thread with so many stores to live. Returns true if it died; then the guards that it held
 * belong to a dead thread.
 */
function diesAfter<T>(left: number, handle: Handle, from: (handle: Handle) => T, act: (mine: T) => void): boolean {
  const life: Life = { left: Infinity };
  // Its own buffers, because there is one view for each.
  const mine = structuredClone(handle);
  const hasDied = keeper.diesIn(life, (mortal) =>
    withViews(mine, mortal, () => {
      const object = from(mine);
      life.left = left;
      act(object);
    }),
  );
  for (const guard of guardsOf(handle))
    if (guard[LOCK]! >> MARKS === getIdent()) guard[LOCK] = guard[LOCK]! + ((dead - getIdent()) << MARKS);
  return hasDied;
}

const isHeldByDead = (handle: Handle): boolean => guardsOf(handle)[0]![LOCK]! >> MARKS === dead;

// ---------------------------------------------------------------- objects

const MAX_BYTES = 1 << 17;

/** Zeroed words are an empty object. */
function newWords(bytes: number): { readonly buffer: SharedArrayBuffer; readonly byteOffset: 0 } {
  return { buffer: new SharedArrayBuffer(bytes), byteOffset: 0 };
}

/** What is tested of a kind of objects. */
interface Kind<T> {
  /** A place for a new object. */
  readonly place: () => Handle;
  readonly from: (handle: Handle) => T;
  /** Fills a new object. */
  readonly fill: (object: T, count: number) => void;
  /** All that it holds. */
  readonly content: (object: T) => unknown;
  readonly acts: Record<string, { readonly count: number; readonly act: (object: T) => void }>;
  /** Uses what is left of it, and of its memory. */
  readonly goOn: (object: T) => void;
  readonly lockOf?: (object: T) => SharedLock;
}

const text = (i: number): string => `${i} `.repeat((i * 7) % 30);

/** A value that names it is counted by the keeper, because a reader asks for it. */
const MEMORY = new SharedArrayBuffer(8);
const OTHER_MEMORY = new SharedArrayBuffer(8);

/** Every third value names shared memory. */
const some = (i: number): unknown => (i % 3 === 1 ? [text(i), MEMORY] : text(i));

/** How many of these values name shared memory. */
function usesIn(content: unknown): number {
  if (!Array.isArray(content)) return content instanceof SharedArrayBuffer ? 1 : 0;
  return content.reduce((sum: number, value) => sum + usesIn(value), 0);
}

/** Each value that names memory is counted. A value that a dead thread has replaced may be, too. */
function expectCounted(content: unknown, hasDied: boolean, when: string): void {
  const uses = [...keeper.uses.values()].reduce((sum, count) => sum + count, 0);
  if (hasDied) expect(uses, `${when}: uses`).toBeGreaterThanOrEqual(usesIn(content));
  else expect(uses, `${when}: uses`).toBe(usesIn(content));
}

const maps: Kind<SharedMap<number, unknown>> = {
  place: () => ({ ...newWords(SharedMap.BYTES), memory: newStoreMemory(MAX_BYTES) }),
  from: (handle) => SharedMap.from(handle as never),
  fill: (map, count) => {
    for (let i = 0; i < count; i++) map.set(i, some(i));
    for (let i = 0; i < count; i += 3) map.delete(i);
  },
  content: (map) => {
    const all = [...map];
    expect(map.size).toBe(all.length);
    for (const [key, value] of all) expect(map.get(key)).toEqual(value);
    return all;
  },
  acts: {
    "the first set": { count: 0, act: (map) => map.set(100, "new") },
    "a set into a full index": { count: 6, act: (map) => map.set(100, "new") },
    "a set in a removed place": { count: 4, act: (map) => map.set(0, "again") },
    "a set of a known key": { count: 5, act: (map) => map.set(4, text(13)) },
    "a set of memory": { count: 5, act: (map) => map.set(4, [MEMORY]) },
    "a set of other memory": { count: 5, act: (map) => map.set(100, [MEMORY, OTHER_MEMORY]) },
    "a delete": { count: 5, act: (map) => map.delete(4) },
    "an update": { count: 5, act: (map) => map.update(4, (value) => `${String(value)} more`) },
    "a get, or an insert": { count: 5, act: (map) => map.getOrInsert(100, text(9)) },
    "a clear": { count: 5, act: (map) => map.clear() },
  },
  goOn: (map) => {
    const before = [...map];
    for (let i = 200; i < 230; i++) map.set(i, text(i));
    expect([...map]).toEqual([...before, ...Array.from({ length: 30 }, (_, i) => [200 + i, text(200 + i)])]);
    map.clear();
    expect([map.size, ...map]).toEqual([0]);
  },
  lockOf: (map) => map.lock,
};

const sets: Kind<SharedSet<number>> = {
  place: () => ({ ...newWords(SharedSet.BYTES), memory: newStoreMemory(MAX_BYTES) }),
  from: (handle) => SharedSet.from(handle as never),
  fill: (set, count) => {
    for (let i = 0; i < count; i++) set.add(i);
    for (let i = 0; i < count; i += 3) set.delete(i);
  },
  content: (set) => {
    const all = [...set];
    expect(set.size).toBe(all.length);
    for (const member of all) expect(set.has(member)).toBe(true);
    return all;
  },
  acts: {
    "an insert": { count: 5, act: (set) => set.insert(100) },
    "an insert into a full index": { count: 6, act: (set) => set.insert(100) },
    "a delete": { count: 5, act: (set) => set.delete(4) },
    "a clear": { count: 5, act: (set) => set.clear() },
  },
  goOn: (set) => {
    const before = [...set];
    for (let i = 200; i < 230; i++) set.add(i);
    expect([...set]).toEqual([...before, ...Array.from({ length: 30 }, (_, i) => 200 + i)]);
    set.clear();
    expect([set.size, ...set]).toEqual([0]);
  },
  lockOf: (set) => set.lock,
};

const arrays: Kind<SharedArray> = {
  place: () => ({ ...newWords(SharedArray.BYTES), memory: newStoreMemory(MAX_BYTES) }),
  from: (handle) => SharedArray.from(handle as never),
  fill: (array, count) => {
    for (let i = 0; i < count; i++) array.push(some(i));
  },
  content: (array) => {
    const all = [...array];
    expect(array.length).toBe(all.length);
    return all;
  },
  acts: {
    "the first push": { count: 0, act: (array) => array.push("new") },
    "a push": { count: 3, act: (array) => array.push("new") },
    "a push into a full index": { count: 6, act: (array) => array.push("new") },
    "a push of many": { count: 3, act: (array) => array.push("new", text(9), 1) },
    "a push of memory": { count: 3, act: (array) => array.push([MEMORY]) },
    "a pop": { count: 5, act: (array) => array.pop() },
    "a shift": { count: 3, act: (array) => array.shift() },
    "an unshift": { count: 3, act: (array) => array.unshift(text(9)) },
    "a splice": { count: 6, act: (array) => array.splice(1, 3, "new", text(8)) },
    "a set": { count: 3, act: (array) => array.set(1, text(9)) },
    "a set of memory": { count: 3, act: (array) => array.set(2, [MEMORY]) },
    "an update": { count: 3, act: (array) => array.update(-1, (old) => `${String(old)} more`) },
    "a clear": { count: 3, act: (array) => array.clear() },
  },
  goOn: (array) => {
    const before = [...array];
    for (let i = 0; i < 20; i++) array.push(text(i));
    expect([...array]).toEqual([...before, ...Array.from({ length: 20 }, (_, i) => text(i))]);
    array.clear();
    expect([array.length, ...array]).toEqual([0]);
  },
  lockOf: (array) => array.lock,
};

const LONG_TEXT = "x".repeat(200);

const values: Kind<SharedValue> = {
  place: () => ({ ...newWords(SharedValue.BYTES), heap: newHeap() }),
  from: (handle) => SharedValue.from(handle as never),
  fill: (value, count) => {
    for (let i = 0; i < count; i++) value.set(some(i));
    if (count === 1) value.set(1.5);
  },
  content: (value) => value.get(),
  acts: {
    "the first set": { count: 0, act: (value) => value.set(7) },
    "a set of bytes": { count: 1, act: (value) => value.set(LONG_TEXT) },
    "a set of other bytes": { count: 3, act: (value) => value.set(LONG_TEXT) },
    "a set of a float": { count: 3, act: (value) => value.set(0.1) },
    "a set of another float": { count: 1, act: (value) => value.set(-0.1) },
    "a set of memory": { count: 2, act: (value) => value.set([9, MEMORY]) },
    "an update": { count: 3, act: (value) => value.update((old) => `${String(old)} more`) },
    "a compare and exchange": { count: 3, act: (value) => value.compareExchange(text(2), { a: 1 }) },
  },
  goOn: (value) => {
    for (const next of [LONG_TEXT, text(5), 0.5, LONG_TEXT.slice(1), null, text(6)]) {
      value.set(next);
      expect(value.get()).toBe(next);
    }
  },
  lockOf: (value) => value.lock,
};

const fields: Kind<Fields> = {
  place: () => ({ ...newWords(new Fields("shared").handle.buffer.byteLength), heap: newHeap() }),
  from: (handle) => new Fields("shared", handle as never),
  fill: (object, count) => {
    for (let i = 0; i < count; i++) object.set(`field ${i}`, some(i), () => "a field");
    if (count > 0) object.delete("field 0");
  },
  content: (object) => object.names().map((name) => [name, object.get(name)]),
  acts: {
    "the first field": { count: 0, act: (object) => object.set("new", 1, () => "new") },
    "another field": { count: 4, act: (object) => object.set("new", LONG_TEXT, () => "new") },
    "a field that was deleted": { count: 4, act: (object) => object.set("field 0", LONG_TEXT, () => "new") },
    "a new value": { count: 4, act: (object) => object.set("field 2", LONG_TEXT, () => "new") },
    "a new value with memory": { count: 4, act: (object) => object.set("field 1", [MEMORY], () => "new") },
    "a delete": { count: 4, act: (object) => object.delete("field 1") },
  },
  goOn: (object) => {
    for (let i = 0; i < 10; i++) object.set(`field ${i}`, `${text(i)} again`, () => "a field");
    for (let i = 0; i < 10; i++) expect(object.get(`field ${i}`)).toBe(`${text(i)} again`);
  },
};

/** The heap of other words than those of the slab, of which this thread has one view alone. */
function newHeap(): HeapHandle {
  const { buffer } = newWords(1024);
  return { buffer, byteOffset: 0, memory: newStoreMemory(MAX_BYTES) };
}

const KINDS = {
  SharedMap: maps,
  SharedSet: sets,
  SharedArray: arrays,
  SharedValue: values,
  SharedObject: fields,
} as const;
const ALL = Object.entries(KINDS) as unknown as [string, Kind<unknown>][];
const CASES = ALL.flatMap(([name, kind]) => Object.keys(kind.acts).map((act) => [act, name, kind] as const));
const LOCKABLE = CASES.filter(([, , kind]) => kind.lockOf !== undefined);

/** An object that another thread can use, filled. */
function filled<T>({ place, from, fill }: Kind<T>, count: number): Handle {
  keeper.uses.clear();
  const handle = place();
  fill(from(handle), count);
  return handle;
}

function expectFree(handle: Handle, when: string): void {
  for (const guard of guardsOf(handle)) {
    expect(guard[LOCK]! >> MARKS, `${when}: the lock`).toBe(0);
    expect([guard[HOLDS], guard[OPERATIONS]], `${when}: counts of the guard`).toEqual([0, 0]);
  }
}

/** What an object holds before a call, and after it. */
function outcomesOf(kind: Kind<unknown>, { count, act }: Kind<unknown>["acts"][string]): readonly [unknown, unknown] {
  const object = kind.from(filled(kind, count));
  const before = kind.content(object);
  act(object);
  return [before, kind.content(object)];
}

describe("a thread that dies in a call of a shared object", () => {
  it.each(CASES)("in %s of a %s, leaves it as before or as after", (name, _, kind) => {
    const its = kind.acts[name]!;
    const outcomes = outcomesOf(kind, its);
    const seen = new Set<number>();
    for (let left = 0; ; left++) {
      const when = `after ${left} stores`;
      const handle = filled(kind, its.count);
      const hasDied = diesAfter(left, handle, kind.from, its.act);
      const next = kind.from(handle);
      const content = kind.content(next);
      expect(outcomes, when).toContainEqual(content);
      expectCounted(content, hasDied, when);
      seen.add(outcomes.findIndex((outcome) => JSON.stringify(outcome) === JSON.stringify(content)));
      kind.goOn(next);
      expectFree(handle, when);
      if (!hasDied) break;
    }
    expect(seen.size).toBe(2);
  });

  it.each(CASES)("in %s of a %s, and in the repair after it", (name, _, kind) => {
    const its = kind.acts[name]!;
    const outcomes = outcomesOf(kind, its);
    for (let left = 0; ; left++) {
      for (let more = 0, hasDied = true; hasDied; more++) {
        const when = `after ${left} stores, and ${more} of the next owner`;
        const handle = filled(kind, its.count);
        if (!diesAfter(left, handle, kind.from, its.act)) return expect(left).toBeGreaterThan(3);
        hasDied = diesAfter(more, handle, kind.from, (object) => void kind.content(object));
        const next = kind.from(handle);
        const content = kind.content(next);
        expect(outcomes, when).toContainEqual(content);
        expectCounted(content, true, when);
        kind.goOn(next);
        expectFree(handle, when);
      }
    }
  });
});

describe("a thread that dies while it holds the lock of a shared object for several operations", () => {
  /** What the next thread is told by its call. */
  function toldBy(call: () => unknown): unknown {
    try {
      call();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  it.each(LOCKABLE)("in %s of a %s: the next owner is told, once", (name, _, kind) => {
    const its = kind.acts[name]!;
    const outcomes = outcomesOf(kind, its);
    for (let left = 0; ; left++) {
      const when = `after ${left} stores`;
      for (const isByLock of [true, false]) {
        const handle = filled(kind, its.count);
        const hasDied = diesAfter(left, handle, kind.from, (object) =>
          kind.lockOf!(object).with(() => its.act(object)),
        );
        const isHeld = guardsOf(handle)[0]![HOLDS]! > 0;
        const next = kind.from(handle);
        const lock = kind.lockOf!(next);
        const told = toldBy(() => (isByLock ? lock.acquire() : kind.goOn(next)));
        if (isHeld) expect(told, when).toBeInstanceOf(OwnerDiedError);
        else expect(told, when).toBe(undefined);
        if (isByLock) lock.release();
        if (isByLock || isHeld) {
          expect(outcomes, when).toContainEqual(kind.content(next));
          kind.goOn(next);
        }
        expectFree(handle, when);
        if (!hasDied && !isByLock) return expect(left).toBeGreaterThan(5);
      }
    }
  });

  it.each(ALL.filter(([, kind]) => kind.lockOf !== undefined))(
    "of a %s: if the next owner dies before it is told, another is told",
    (_, kind) => {
      for (const isByLock of [true, false]) {
        for (let more = 0; ; more++) {
          const when = `after ${more} stores of the next owner`;
          const handle = filled(kind, 3);
          // Four stores: the lock, HOLDS, and those of an operation.
          diesAfter(4, handle, kind.from, (object) => kind.lockOf!(object).with(() => kind.content(object)));
          expect(guardsOf(handle)[0]![HOLDS]).toBe(1);
          const hasDied = diesAfter(more, handle, kind.from, (object) => {
            const told = toldBy(() => (isByLock ? kind.lockOf!(object).acquire() : kind.goOn(object)));
            if (!(told instanceof OwnerDiedError)) throw told;
          });
          const [guard] = guardsOf(handle);
          // The last store before it is told, of a thread that does not keep the lock, frees the lock.
          const isTold = !hasDied || (!isByLock && guard![HOLDS] === 0);
          const next = kind.from(handle);
          const told = toldBy(() => kind.content(next));
          if (!isTold) expect(told, when).toBeInstanceOf(OwnerDiedError);
          if (!hasDied) {
            if (isByLock)
              expect(told, when).toBeInstanceOf(OwnerDiedError); // it died later, with the lock
            else expect(told, when).toBe(undefined);
          }
          kind.goOn(next);
          expectFree(handle, when);
          if (!hasDied) break;
        }
      }
    },
  );
});

describe("a thread that waits for a change of a SharedValue", () => {
  it("goes on though the thread that made the change dies", async () => {
    const CELL = GUARD_WORDS;
    const WAITERS = CELL + CELL_WORDS;
    for (let left = 0; ; left++) {
      const when = `after ${left} stores`;
      const handle = filled(values, 3);
      const value = SharedValue.from(handle as never);
      const waiting = value.waitForAsync((now) => now === LONG_TEXT, LONG).catch((error: unknown) => error);
      await pauseAsync(10); // until it is asleep
      const words = new Int32Array(handle.buffer);
      expect(words[WAITERS]).toBe(1);
      const hasDied = diesAfter(left, handle, values.from, (mine) => mine.set(LONG_TEXT));
      const isHeld = isHeldByDead(handle);
      const epoch = words[CELL + 1];
      value.lock.with(() => undefined); // the next owner repairs
      const isChanged = value.get() === LONG_TEXT;
      if (isHeld && isChanged) expect(words[CELL + 1], `${when}: the waiter is woken`).not.toBe(epoch);
      if (!isHeld) wake(words, CELL); // as the supervisor does
      if (!isChanged) {
        expect(words[WAITERS], when).toBeGreaterThan(0);
        value.set(LONG_TEXT);
      }
      const result = await waiting;
      expect(result instanceof TimeoutError, when).toBe(false);
      expect(result, when).toBe(LONG_TEXT);
      if (!hasDied) return expect(left).toBeGreaterThan(5);
    }
  });
});
