import {
  decodeEnvelope,
  decodeValue,
  encodeValue,
  lengthWithoutTails,
  newStoreMemory,
  PACKED,
  PLAIN,
  readTails,
  Store,
  STORE_WORDS,
  storedLength,
  unpack,
  writeStored,
} from "@x/core/internal";
import { expose } from "@x/core";
import { thrownBy } from "@x/testkit";
import { describe, expect, it } from "vitest";

expose(import.meta.url, { double });

export function double(n: number): number {
  return 2 * n;
}

/** The value after a way through a store, at an offset of this remainder modulo 8; and the number of its tails. */
function throughStore(value: unknown, remainder: number): [unknown, tails: number] {
  const store = new Store(new Int32Array(STORE_WORDS), 0, newStoreMemory(2 ** 20));
  const { kind, bytes, tails } = encodeValue(value, "value", "test", undefined, [], true);
  const length = storedLength(bytes, tails);
  const at = store.allocate(remainder + length) + remainder;
  writeStored(store, at, bytes, tails);
  store.bytes.fill(255, at + length); // nothing of it lies there
  encodeValue("another value", "value", "test");
  const read = new Uint8Array(lengthWithoutTails(store, at, length));
  store.read(at, read);
  const copies = readTails(store, at, read);
  return [decodeValue({ kind, bytes: read, tails: copies }), copies?.length ?? 0];
}

/** Bytes that differ from place to place. */
function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

describe("large buffers in a value", () => {
  const large = bytesOf(5001);
  it.each([
    { name: "a buffer alone", value: large.buffer, tails: 1 },
    { name: "a typed array", value: new Uint16Array(bytesOf(6000).buffer), tails: 1 },
    { name: "a part of a buffer", value: large.subarray(7, 11), tails: 1 },
    { name: "two views of a buffer, and the buffer", value: [large.subarray(1), large, large.buffer], tails: 1 },
    { name: "small and large ones", value: { a: bytesOf(10), b: bytesOf(70_001), c: [bytesOf(4096)] }, tails: 2 },
    { name: "a large one in a map", value: new Map([[1, new DataView(bytesOf(4097).buffer)]]), tails: 1 },
    { name: "large ones beside a function", value: [double, bytesOf(9999), { more: bytesOf(12_345) }], tails: 2 },
    { name: "none", value: bytesOf(4095), tails: 0 },
  ])("are copied beside its bytes, and arrive in their places: $name", ({ value, tails }) => {
    for (let remainder = 0; remainder < 8; remainder++) {
      const [arrived, count] = throughStore(value, remainder);
      expect(arrived).toStrictEqual(value);
      expect(count).toBe(tails);
      if (Array.isArray(arrived) && arrived[0] instanceof Uint8Array) expect(arrived[0].buffer).toBe(arrived[2]);
    }
  });

  it("that a getter moves away meanwhile arrive as they are then", () => {
    const buffer = bytesOf(5000).buffer;
    const value = {
      buffer,
      get moved() {
        structuredClone(buffer, { transfer: [buffer] });
        return 1;
      },
    };
    // The buffer was moved before it is written again, so it has no bytes any more.
    expect(() => throughStore(value, 0)).toThrow(/cannot travel|has no bytes|detached/i);
  });
});

describe("a value as bytes", () => {
  it("is plain if no part of it needs a record, and arrives as a copy", () => {
    const value = { text: "é", list: [1, undefined], map: new Map([[1, new Date(0)]]) };
    const encoded = encodeValue(value, "value", "test");
    expect(encoded.kind).toBe(PLAIN);
    expect(decodeValue(encoded)).toStrictEqual(value);
  });

  it("is packed if a part of it travels by name", () => {
    const encoded = encodeValue({ run: double }, "value", "test");
    expect(encoded.kind).toBe(PACKED);
    expect(decodeValue(encoded)).toEqual({ run: double });
    expect(unpack(decodeEnvelope(encodeValue({ run: double }, "value", "test").bytes))).toEqual({ run: double });
  });

  it.each([
    { value: new SharedArrayBuffer(4), place: "value" },
    { value: { deep: [0, new SharedArrayBuffer(4)] }, place: "value.deep[1]" },
    { value: { view: new Map([[1, [new SharedArrayBuffer(4)]]]) }, place: "value.view.…[0]" },
  ])("is refused with the place of shared memory: $place", ({ value, place }) => {
    const error = thrownBy(() => encodeValue(value, "value", "test"));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(
      `test: ${place} is or holds a SharedArrayBuffer, which has no bytes; hand shared memory`,
    );
  });

  it("is refused as pack refuses it, with its place", () => {
    expect(() => encodeValue({ s: [Symbol("s")] }, "value", "test")).toThrow(/value\.s\[0\]/);
  });
});
