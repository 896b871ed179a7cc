/** Random values: all that structured clone copies, and all that it refuses. */
import fc from "fast-check";

const scalar = fc.oneof(
  ...[fc.string(), fc.double(), fc.integer(), fc.bigInt(), fc.boolean(), fc.constantFrom(null, undefined, -0, NaN)],
);
const native = fc.oneof(
  fc.date({ noInvalidDate: true }), // `assert` finds two invalid dates different
  fc.constantFrom(/x/gu, Object(5), Object("s"), Object(5n), new ArrayBuffer(3)),
  fc.uint8Array(),
  fc.float64Array(),
  fc.array(fc.integer()).map((items) => Object.assign("abc".match(/(?<n>.)c/)!, { items })),
);

/** Any value that structured clone copies, of any depth, with objects that stand in it twice. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    ...[scalar, native],
    fc.array(tie("value")),
    fc.sparseArray(tie("value")),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "length", "0")), tie("value"), {
      noNullPrototype: false,
    }),
    fc.tuple(fc.array(tie("value")), tie("value")).map(([list, field]) => Object.assign(list, { field })),
    fc.array(fc.tuple(tie("value"), tie("value"))).map((entries) => new Map(entries)),
    fc.array(tie("value")).map((items) => new Set(items)),
    tie("value").map((twice) => [twice, { twice }]),
  ),
})).value;

const refused = [() => 1, Symbol("s"), Promise.resolve(), new WeakMap(), [].values(), new Proxy({}, {})];

/** Any value with a part that structured clone refuses. */
export const anyRefusedValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...refused),
    fc.tuple(anyValue, tie("value")).map(([before, bad]) => [before, bad]),
    fc.tuple(anyValue, tie("value")).map(([before, bad]) => ({ before, bad })),
    tie("value").map((bad) => Object.assign(["item"], { bad })),
    fc.tuple(anyValue, tie("value")).map(([key, bad]) => new Map([[key, bad]])),
    tie("value").map((bad) => new Set([1, bad])),
  ),
})).value;
