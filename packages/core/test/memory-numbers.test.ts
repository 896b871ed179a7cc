import {
  adoptPlainMemory,
  type Asked,
  decodeValue,
  depositParcel,
  hasLinkTo,
  dropMemories,
  dropNames,
  encode,
  encodeValue,
  forgetStored,
  memoriesInAsync,
  type MemoryKeeper,
  newStoreMemory,
  memoryNamesIn,
  namesIn,
  type NumberedMemory,
  type NumberedThing,
  newSlab,
  type Parcel,
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
import { thrownBy } from "@x/testkit";
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
  readonly parcels = new Map<number, readonly object[]>();
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
  start(): void {
    this.calls.push(["start"]);
  }
  deposit([container]: NumberedMemory, { number, objects }: Parcel): void {
    this.calls.push(["deposit", container, number]);
    this.parcels.set(number, structuredClone(objects, { transfer: objects as Transferable[] }));
  }
  /** Parcels that have come straight to this thread. */
  readonly linked = new Map<number, readonly object[]>();
  hasLink(ident: number): boolean {
    return ident === 7;
  }
  arrived(parcel: number): readonly object[] | undefined {
    const objects = this.linked.get(parcel);
    this.linked.delete(parcel);
    return objects;
  }
  dropParcel(parcel: number): void {
    this.calls.push(["drop parcel", parcel]);
    this.parcels.delete(parcel);
  }
  ask(numbers: readonly number[]): Asked {
    this.calls.push(["fetch", numbers]);
    const things = numbers.flatMap((number): NumberedThing[] => {
      const thing = this.kept.get(number) ?? this.parcels.get(number);
      this.parcels.delete(number);
      return thing === undefined ? [] : [[number, thing]];
    });
    return { answer: () => things, answerAsync: () => Promise.resolve(things) };
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
    const isBun = "Bun" in globalThis; // without WebAssembly, so a primitive is in the memory of the program only after this
    if (isBun) adoptPlainMemory();
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

describe("a parcel", () => {
  function deposited(value: unknown, transfer: readonly object[]): Uint8Array {
    const { bytes, parcel } = encodeValue(value, "value", "test", container, transfer);
    const copy = bytes.slice();
    depositParcel(container, parcel!, "test");
    return copy;
  }

  it("brings the objects of its list, each as one object wherever it stood", () => {
    const [buffer, other] = [new ArrayBuffer(3), new ArrayBuffer(5)];
    const [first, second] = [new MessageChannel(), new MessageChannel()];
    const port = first.port1;
    const value = { buffer, view: new Uint8Array(buffer, 1), list: [port, port], text: "x", again: [other, buffer] };
    (value as { self?: unknown }).self = value;
    const bytes = deposited(value, [other, second.port1, port, buffer]);
    expect(buffer.byteLength).toBe(0);
    const read = decodeValue({ kind: PLAIN, bytes }) as typeof value & { self: unknown };
    expect(read.buffer.byteLength).toBe(3);
    expect(read.view.buffer).toBe(read.buffer);
    expect(read.list[0]).toBeInstanceOf(MessagePort);
    expect(read.list[0]).toBe(read.list[1]);
    expect(read.again.map(({ byteLength }) => byteLength)).toEqual([5, 3]);
    expect(read.again[1]).toBe(read.buffer);
    expect(read.self).toBe(read);
    for (const { port2 } of [first, second]) port2.close();
  });

  it("brings more objects than a list finds quickly, beside objects that are copied", () => {
    const moved = Array.from({ length: 20 }, (_, i) => new ArrayBuffer(i));
    const copied = [{ a: 1 }, new ArrayBuffer(100)];
    const bytes = deposited([copied, [...moved].reverse(), copied], moved);
    const [one, buffers, two] = decodeValue({ kind: PLAIN, bytes }) as [object[], ArrayBuffer[], object[]];
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual(moved.map((_, i) => 19 - i));
    expect(one).toBe(two);
    expect((copied[1] as ArrayBuffer).byteLength).toBe(100);
  });

  it("is moved by the deposit, not before", () => {
    const buffer = new ArrayBuffer(3);
    const { parcel } = encodeValue(buffer, "value", "test", container, [buffer]);
    expect(buffer.byteLength).toBe(3);
    expect(keeper.parcels.size).toBe(0);
    depositParcel(container, parcel!, "test");
    expect(buffer.byteLength).toBe(0);
    expect(keeper.parcels.size).toBe(1);
  });

  it("is asked for once, together with memory, and its number is no memory's", async () => {
    const [buffer, memory] = [new ArrayBuffer(3), new SharedArrayBuffer(8)];
    const bytes = deposited([buffer, memory], [buffer]);
    expect(namesIn(bytes)).toHaveLength(2);
    expect(memoryNamesIn(bytes)).toHaveLength(1);
    const memories = await memoriesInAsync(bytes);
    const [read] = decodeValue({ kind: PLAIN, bytes, memories }) as [ArrayBuffer];
    expect(read.byteLength).toBe(3);
    expect(thrownBy(() => decodeValue({ kind: PLAIN, bytes }))).toBeInstanceOf(ThreadError);
  });

  it("that has come straight to this thread is not asked for, and this thread knows the memory beside it", async () => {
    const [buffer, memory] = [new ArrayBuffer(3), new SharedArrayBuffer(8)];
    const bytes = deposited([buffer, memory], [buffer]);
    const [number] = [...keeper.parcels.keys()];
    keeper.linked.set(number!, keeper.parcels.get(number!)!);
    const memories = await memoriesInAsync(bytes);
    expect(keeper.calls.flat(2)).not.toContain("fetch");
    const [read] = decodeValue({ kind: PLAIN, bytes, memories }) as [ArrayBuffer];
    expect(read.byteLength).toBe(3);
    expect([hasLinkTo(7), hasLinkTo(8)]).toEqual([true, false]);
  });

  it("of a value that is dropped is dropped", () => {
    const bytes = deposited([new SharedArrayBuffer(8)], [new ArrayBuffer(1)]);
    keeper.calls.length = 0;
    dropNames(container, bytes);
    expect(keeper.calls).toEqual([
      ["drop", expect.any(Number), memoryNamesIn(bytes)],
      ["drop parcel", namesIn(bytes)[1]],
    ]);
    expect(keeper.parcels.size).toBe(0);
  });

  it("with an object that cannot be moved is refused, and nothing is moved", () => {
    const [one, two] = [new ArrayBuffer(1), new ArrayBuffer(2)];
    const { parcel } = encodeValue([one, two], "value", "test", container, [one, two]);
    structuredClone(two, { transfer: [two] });
    expect((thrownBy(() => depositParcel(container, parcel!, "test")) as Error).message).toMatch(
      /^test: transfer\[1\] has been moved before/,
    );
    expect(one.byteLength).toBe(1);
    const late = encodeValue([one], "value", "test", container, [one]).parcel!;
    keeper.deposit = () => {
      throw new DOMException("not that one", "DataCloneError");
    };
    expect((thrownBy(() => depositParcel(container, late, "test")) as Error).message).toBe(
      "test: transfer has an object that cannot be moved: not that one",
    );
  });

  it("that the keeper could not move on is an error with the reason", () => {
    const bytes = deposited([1], [new ArrayBuffer(1)]);
    keeper.ask = () => ({
      answer: () => [[namesIn(bytes)[0]!, "it is closed"]],
      answerAsync: () => Promise.resolve([]),
    });
    expect((thrownBy(() => decodeValue({ kind: PLAIN, bytes })) as Error).message).toMatch(/moved on: it is closed$/);
  });

  it("is refused before it is taken where it cannot arrive, with the cure", () => {
    const bytes = deposited([1], [new ArrayBuffer(1)]);
    keeper.reachesBlocked = false;
    expect(whyUnreadable(bytes, true)).toBe(undefined);
    expect(whyUnreadable(bytes, false)?.message).toMatch(/cannot reach a thread that blocks here; .* getAsync\(\)$/);
    keeper.reachable = false;
    expect(whyUnreadable(bytes, true)?.message).toMatch(/reach only the threads of this library; take it in a Thread$/);
    const buffer = new ArrayBuffer(1);
    const refused = thrownBy(() => encodeValue(buffer, "value", "test", container, [buffer]));
    expect((refused as Error).message).toMatch(
      /^test: objects move by way of @x\/thread, .*; import "@x\/thread", and start/,
    );
  });

  it("names the part without bytes beside it", () => {
    const { port1, port2 } = new MessageChannel();
    const value = { ports: [port1, port2] };
    const error = thrownBy(() => encodeValue(value, "item", "test", container, [port1]));
    expect((error as Error).message).toMatch(/item\.ports\[1\]/);
    expect((error as Error).message).not.toMatch(/ports\[0\]/);
    port1.close();
  });
});
