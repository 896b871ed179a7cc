/** The numbers in structs: the memory and the values of each type. */

type View =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** A typed array, of any type. */
export type AnyView = View & { [index: number]: never };

/** A type of numbers in a struct. */
export interface NumberType {
  readonly name: string;
  /** The key of an object's view of its memory in this type. */
  readonly key: symbol;
  readonly View: new (buffer: SharedArrayBuffer, byteOffset?: number, length?: number) => View;
  /** Bytes to elements, as a shift. */
  readonly shift: number;
  /** Names its values, for errors. */
  readonly what: string;
  /** The type of its values in JavaScript. */
  readonly of: "number" | "bigint" | "boolean";
  /** Does it take this value? */
  fits(value: unknown): boolean;
  /** The sum of two values, after wrapping; undefined if there are no atomic operations. */
  readonly wrap?: ((sum: never) => number | bigint) | undefined;
}

const isNumber = (value: unknown): boolean => typeof value === "number";

function type(
  name: string,
  View: NumberType["View"],
  shift: number,
  what: string,
  fits: NumberType["fits"],
  wrap?: NumberType["wrap"],
): NumberType {
  const of = name === "bool" ? "boolean" : name.endsWith("64") && name !== "f64" ? "bigint" : "number";
  return { name, key: Symbol(name), View, shift, what, of, fits, wrap };
}

const integer = (
  name: string,
  View: NumberType["View"],
  shift: number,
  range: string,
  wrap: (n: number) => number,
): NumberType => type(name, View, shift, `an integer, ${range}`, (n) => typeof n === "number" && wrap(n) === n, wrap);

const bigint = (name: string, View: NumberType["View"], range: string, wrap: (n: bigint) => bigint): NumberType =>
  type(name, View, 3, `a bigint, ${range}`, (n) => typeof n === "bigint" && wrap(n) === n, wrap);

const numberTypes = (): ReadonlyMap<string, NumberType> =>
  new Map(
    [
      integer("i8", Int8Array, 0, "-128 to 127", (n) => (n << 24) >> 24),
      integer("u8", Uint8Array, 0, "0 to 255", (n) => n & 255),
      integer("i16", Int16Array, 1, "-32768 to 32767", (n) => (n << 16) >> 16),
      integer("u16", Uint16Array, 1, "0 to 65535", (n) => n & 65535),
      integer("i32", Int32Array, 2, "-2147483648 to 2147483647", (n) => n | 0),
      integer("u32", Uint32Array, 2, "0 to 4294967295", (n) => n >>> 0),
      type("f32", Float32Array, 2, "a number", isNumber),
      type("f64", Float64Array, 3, "a number", isNumber),
      type("bool", Uint8Array, 0, "true or false", (value) => typeof value === "boolean"),
      bigint("i64", BigInt64Array, "-2n ** 63n to 2n ** 63n - 1n", (n) => BigInt.asIntN(64, n)),
      bigint("u64", BigUint64Array, "0n to 2n ** 64n - 1n", (n) => BigInt.asUintN(64, n)),
    ].map((number) => [number.name, number]),
  );

/** The types, by name. A truth value is a byte. */
export const NUMBERS: ReadonlyMap<string, NumberType> = /* @__PURE__ */ numberTypes();

/** A byte: texts lie in bytes. */
export const BYTE: NumberType = /* @__PURE__ */ NUMBERS.get("u8")!;

/** Views of buffers in this thread, one for each type. */
const views = /* @__PURE__ */ new WeakMap<object, Map<NumberType, AnyView>>();

/** The view of all of this buffer. */
export function viewIn(buffer: SharedArrayBuffer, number: NumberType): AnyView {
  let ofBuffer = views.get(buffer);
  if (ofBuffer === undefined) views.set(buffer, (ofBuffer = new Map<NumberType, AnyView>()));
  let view = ofBuffer.get(number);
  if (view === undefined) {
    view = new number.View(buffer, 0, buffer.byteLength >> number.shift) as AnyView;
    ofBuffer.set(number, view);
  }
  return view;
}
