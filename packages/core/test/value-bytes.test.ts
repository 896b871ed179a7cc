import { decodeEnvelope, decodeValue, encodeValue, PACKED, PLAIN, unpack } from "@x/core/internal";
import { expose } from "@x/core";
import { thrownBy } from "@x/testkit";
import { describe, expect, it } from "vitest";

expose(import.meta.url, { double });

export function double(n: number): number {
  return 2 * n;
}

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
