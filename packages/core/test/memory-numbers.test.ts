import {
  decodeValue,
  dropMemories,
  encode,
  encodeValue,
  forgetStored,
  memoriesInAsync,
  type MemoryKeeper,
  newStoreMemory,
  type NumberedMemory,
  newSlab,
  PLAIN,
  setMemoryKeeper,
  Store,
  STORE_WORDS,
  storing,
  whyUnreadable,
} from "@x/core/internal";
import {
  type MemoryPlacement,
  placementOf,
  Primitive,
  type PrimitiveHandle,
  registerPrimitive,
  ThreadError,
} from "@x/core";
import { beforeEach, describe, expect, it } from "vitest";

class Latch extends Primitive {
  static readonly KIND: string = "test Latch";
  static readonly BYTES = 4;
  static from(place: PrimitiveHandle | MemoryPlacement): Latch {
    return new Latch(placementOf(place, Latch));
  }
  constructor(place?: MemoryPlacement) {
    super(Latch, place);
  }
  toString(): string {
    return this.label;
  }
}
registerPrimitive(Latch, import.meta.url);

/** A keeper that keeps all memory, and tells what it was told. */
class Keeper implements MemoryKeeper {
  readonly calls: unknown[] = [];
  readonly kept = new Map<number, SharedArrayBuffer>();
  reachable = true;
  reachesBlocked = true;
  drawn = 100;

  isReachable(): boolean {
    return this.reachable;
  }
  newNumber(): number {
    return this.drawn++;
  }
  keep([container]: NumberedMemory, memories: readonly NumberedMemory[]): void {
    this.calls.push(["keep", container, memories.map(([number]) => number)]);
    encode(["a message", "of the keeper", "that is long enough"]);
    for (const [number, memory] of memories) this.kept.set(number, memory);
  }
  drop(container: number, numbers: readonly number[]): void {
    this.calls.push(["drop", container, numbers]);
  }
  letGo(container: number): void {
    this.calls.push(["let go", container]);
  }
  mayFetch(): boolean {
    return this.reachesBlocked;
  }
  fetch(numbers: readonly number[]): readonly NumberedMemory[] {
    this.calls.push(["fetch", numbers]);
    return numbers.flatMap((number) => (this.kept.has(number) ? [[number, this.kept.get(number)!] as const] : []));
  }
  fetchAsync(numbers: readonly number[]): Promise<readonly NumberedMemory[]> {
    return Promise.resolve(this.fetch(numbers));
  }
}

let keeper: Keeper;
let container: SharedArrayBuffer;

/** Other numbers than in any test before, because the thread knows the objects of those. */
let first = 1000;

beforeEach(() => {
  keeper = new Keeper();
  keeper.drawn = first += 1000;
  setMemoryKeeper(keeper);
  container = newStoreMemory(4096);
});

/** The bytes of a value that names memory of another thread, by this number. */
function named(number: number, memory: SharedArrayBuffer = new SharedArrayBuffer(4)): Uint8Array {
  keeper.drawn = number;
  return encodeValue([memory], "value", "test").bytes.slice();
}

/** As a message brings it. */
const another = (memory: SharedArrayBuffer): SharedArrayBuffer => structuredClone(memory);

describe("the number of memory", () => {
  it.each([
    { what: "a slab", make: () => newSlab(4096).buffer as SharedArrayBuffer },
    { what: "the memory of a store", make: () => newStoreMemory(4096) },
  ])("is one for all objects of $what", ({ make }) => {
    const memory = make();
    const one = encodeValue(memory, "value", "test").bytes.slice();
    expect(encodeValue(another(memory), "value", "test").bytes).toEqual(one);
  });

  it("is drawn for each object of the user's memory", () => {
    const memory = new SharedArrayBuffer(4);
    const one = encodeValue(memory, "value", "test").bytes.slice();
    expect(encodeValue(memory, "value", "test").bytes).toEqual(one);
    expect(encodeValue(another(memory), "value", "test").bytes).not.toEqual(one);
  });

  it("does not exist while no keeper is reachable, so the value is refused with the cure", () => {
    keeper.reachable = false;
    expect(() => encodeValue([new SharedArrayBuffer(4)], "value", "test")).toThrow(
      "test: value[0] is or holds a SharedArrayBuffer, which has no bytes; hand shared memory",
    );
  });

  it("is in memory whose namer died before it told the keeper: the next namer tells", () => {
    const memory = newStoreMemory(4096);
    encodeValue(memory, "value", "test");
    encodeValue(another(memory), "value", "test", container);
    expect([...keeper.kept.values()].map(({ byteLength }) => byteLength)).toEqual([4096]);
  });
});

describe("memory that a value names", () => {
  it("is kept before the value is stored, each once", () => {
    const memory = new SharedArrayBuffer(4);
    const { names } = encodeValue({ memory, views: [new Int8Array(memory), memory] }, "value", "test", container);
    expect(names).toHaveLength(1);
    expect(keeper.calls).toEqual([["keep", expect.any(Number), names]]);
  });

  it("is the memory of a primitive that is not in the memory of the program", () => {
    const place = { buffer: newSlab(4096).buffer as SharedArrayBuffer, byteOffset: 64 };
    const latch = new Latch(place);
    const encoded = encodeValue({ latch }, "value", "test", container);
    expect(encoded.names).toHaveLength(1);
    expect((decodeValue(encoded) as { latch: Latch }).latch).toBe(latch);
  });

  it("leaves the bytes of the value whole, though the keeper posts by bytes, too", () => {
    const value = [new SharedArrayBuffer(4), "text", { list: [1, 2, 3] }];
    expect(decodeValue(encodeValue(value, "value", "test", container))).toEqual(value);
  });

  it("is not named by a value without it: nothing is posted", () => {
    expect(encodeValue({ latch: new Latch(), list: [1, "é"] }, "value", "test", container).names).toBeUndefined();
    expect(keeper.calls).toEqual([]);
  });

  it("is dropped if the value is not stored", () => {
    const encoded = encodeValue(new SharedArrayBuffer(4), "value", "test", container);
    const error = new Error("full");
    const fail = (): never => {
      throw error;
    };
    expect(() => storing(container, [encoded], fail)).toThrow(error);
    expect(keeper.calls[1]).toEqual(["drop", expect.any(Number), encoded.names]);
  });

  it("is dropped when its bytes are freed in the store", () => {
    const store = new Store(new Int32Array(new SharedArrayBuffer(4 * STORE_WORDS)), 0, container);
    const { bytes, names } = encodeValue([new SharedArrayBuffer(4), "text"], "value", "test", container);
    const block = store.allocate(bytes.length);
    store.write(block, bytes);
    const length = bytes.length;
    forgetStored(store, block, length);
    expect(keeper.calls[1]).toEqual(["drop", expect.any(Number), names]);
  });

  it("is the same object, without a question, if this thread has it", () => {
    const memory = new SharedArrayBuffer(4);
    const encoded = encodeValue([memory], "value", "test", container);
    expect((decodeValue(encoded) as unknown[])[0]).toBe(memory);
    expect(keeper.calls).toHaveLength(1);
  });

  it("is fetched otherwise, blocked or awaited, and remembered", async () => {
    const [blocked, awaited] = [named(first + 500), named(first + 501)];
    for (const number of [first + 500, first + 501]) keeper.kept.set(number, new SharedArrayBuffer(8));
    const [memory] = decodeValue({ kind: PLAIN, bytes: blocked }) as [SharedArrayBuffer];
    expect(memory.byteLength).toBe(8);
    expect((decodeValue({ kind: PLAIN, bytes: blocked }) as unknown[])[0]).toBe(memory);
    const memories = await memoriesInAsync(awaited);
    expect((decodeValue({ kind: PLAIN, bytes: awaited, memories }) as [SharedArrayBuffer])[0].byteLength).toBe(8);
    expect(keeper.calls).toEqual([
      ["fetch", [first + 500]],
      ["fetch", [first + 501]],
    ]);
  });

  it("that no thread keeps is an error with the cure", () => {
    expect(() => decodeValue({ kind: PLAIN, bytes: named(first + 500) })).toThrow(
      new ThreadError(
        "core: the bytes hold shared memory that this thread does not know; pass it to the thread as an argument",
      ),
    );
  });

  it("that cannot reach a thread that blocks is an error before the value is taken; a task may take it", () => {
    const bytes = named(first + 500);
    keeper.reachesBlocked = false;
    expect(String(whyUnreadable(bytes, false))).toContain("take the value by the async form of the method");
    expect(whyUnreadable(bytes, true)).toBeUndefined();
    keeper.reachable = false;
    expect(String(whyUnreadable(bytes, true))).toContain("pass it to the thread as an argument");
  });

  it("may have a number beyond 2^32, which its bytes keep", () => {
    keeper.drawn = 2 ** 50;
    const { names } = encodeValue(new SharedArrayBuffer(4), "value", "test", container);
    dropMemories(container, names!);
    expect(keeper.calls[1]).toEqual(["drop", expect.any(Number), [2 ** 50]]);
  });
});
