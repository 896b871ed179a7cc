/** The property of `encode` and `decode`: the same value as by structured clone, with the same identities. */
import assert from "node:assert";
import { decode, encode } from "@x/core/internal";
import fc from "fast-check";
import { anyRefusedValue, anyValue } from "./values.ts";

export function copyByBytes(value: unknown): unknown {
  const bytes = encode(value);
  assert.ok(bytes !== undefined, "the value has bytes");
  return decode(bytes);
}

/** The numbers of all objects in a value, in the order of a walk: equal for equal identities. */
export function identities(value: unknown): readonly number[] {
  const seen = new Map<object, number>();
  const numbers: number[] = [];
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    const known = seen.get(part);
    numbers.push(known ?? seen.size);
    if (known !== undefined) return;
    seen.set(part, seen.size);
    if (ArrayBuffer.isView(part)) return visit(part.buffer);
    if (part instanceof Map) for (const entry of part) entry.forEach(visit);
    if (part instanceof Set) part.forEach(visit);
    for (const key of Object.keys(part)) visit((part as Record<string, unknown>)[key]);
  };
  visit(value);
  return numbers;
}

/** Throws for a value that arrives otherwise than by structured clone. */
export function checkValues(numRuns: number): void {
  fc.assert(
    fc.property(anyValue, (value) => {
      const expected = structuredClone(value);
      const arrived = copyByBytes(value);
      assert.deepStrictEqual(arrived, expected);
      assert.deepStrictEqual(identities(arrived), identities(expected));
    }),
    { numRuns },
  );
}

/** Throws for a value that structured clone refuses, and that has bytes. */
export function checkRefusedValues(numRuns: number): void {
  fc.assert(
    fc.property(anyRefusedValue, (value) => {
      assert.throws(() => structuredClone(value));
      assert.strictEqual(encode(value), undefined);
    }),
    { numRuns },
  );
}
