/** The types of structs, for the compiler. */
import type { MemoryPlacement } from "@x/core";

/** The result of `share()`: plain data, ready to post to any worker. */
export interface StructHandle extends MemoryPlacement {
  /** Names the kind of this handle. */
  readonly kind: string;
  readonly byteOffset: number;
  /** The names and types of its fields. */
  readonly layout: string;
}

/** The members of all objects of structs, besides their fields. */
export interface Struct {
  /**
   * The handle of this object: plain data to post to a foreign worker. There, `from` of its class makes the
   * object of it.
   *
   *     worker.postMessage(particle.share());        // here
   *     const particle = Particle.from(message);     // there
   *
   * Threads of `@x/thread` need neither: an object among the arguments arrives as itself.
   */
  share(): StructHandle;
  /** The values of all fields, as a plain object, for JSON. */
  toJSON(): object;
}

/** The value of each type of a single field. */
interface Scalars {
  i8: number;
  u8: number;
  i16: number;
  u16: number;
  i32: number;
  u32: number;
  f32: number;
  f64: number;
  bool: boolean;
  i64: bigint;
  u64: bigint;
}

/** The typed array of each type for fixed arrays. */
interface Arrays {
  i8: Int8Array;
  u8: Uint8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  f32: Float32Array;
  f64: Float64Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
}

/** The types of fields with atomic operations. */
type Integer = Exclude<keyof Scalars, "f32" | "f64" | "bool">;

/**
 * The type of a field of a struct: a number such as `"i32"`, `"bool"`, a bigint such as `"i64"`, a text
 * such as `"string(32)"`, of up to 32 bytes, a fixed array such as `"f32[16]"`, or another struct.
 */
export type StructField = keyof Scalars | `string(${number})` | `${keyof Arrays}[${number}]` | NestedStruct;

/** A struct inside of another struct: the type of a field. */
interface NestedStruct {
  /** The size of an object in bytes. */
  readonly BYTES: number;
  new (values?: never): Struct;
}

/** The fields of a struct: their names and types, in the order they lie in memory. */
export type StructFields = Readonly<Record<string, StructField>>;

type ValueOf<F> = F extends keyof Scalars
  ? Scalars[F]
  : F extends `string(${number})`
    ? string
    : F extends `${infer E extends keyof Arrays}[${number}]`
      ? Arrays[E]
      : F extends new (values?: never) => infer S
        ? S
        : never;

type InitOf<F> = F extends `${infer E extends keyof Arrays}[${number}]`
  ? ArrayLike<Scalars[E]>
  : F extends new (values?: infer V) => Struct
    ? V
    : ValueOf<F>;

/** The values of a struct's fields. */
export type StructValues<F extends StructFields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

/** Values to write into the fields of a struct; all other fields stay unchanged. */
export type StructInit<F extends StructFields> = { readonly [K in keyof F]?: InitOf<F[K]> | undefined };

/** The fields with atomic operations. */
type IntegerOf<F extends StructFields> = {
  [K in keyof F]: F[K] extends Integer ? K : never;
}[keyof F];

/** A class of objects with a fixed layout in shared memory: the result of `struct`. */
export interface StructClass<F extends StructFields> {
  /**
   * Makes an object, in memory of its own. Fields without a value are 0, false or "".
   *
   * @throws TypeError if a value is not of its field's type, or a field is unknown; RangeError if a number is
   *   out of range, or a text or a list too long
   */
  new (values?: StructInit<F>): StructValues<F> & Struct;

  /** The size of an object in bytes, as in C. */
  readonly BYTES: number;

  /** Returns the object of a handle. @throws TypeError if `handle` is not the result of `share()` */
  from<T extends Struct>(this: new (values?: never) => T, handle: StructHandle): T;

  /**
   * Adds `n` to an integer field atomically, and returns the new value. It wraps, as a typed array does.
   *
   *     Particle.add(particle, "hits", 1);
   *
   * @throws TypeError if the field is no integer, or `n` not of its type; RangeError if `n` is out of range
   * @see `Atomics.add`
   */
  add<K extends IntegerOf<F>>(object: StructValues<F> & Struct, field: K, n: ValueOf<F[K]>): ValueOf<F[K]>;

  /**
   * Replaces the value of an integer field by `replacement` if it is `expected`, atomically, and returns the
   * old value.
   *
   * @throws as {@link add}
   * @see `Atomics.compareExchange`
   */
  compareExchange<K extends IntegerOf<F>>(
    object: StructValues<F> & Struct,
    field: K,
    expected: ValueOf<F[K]>,
    replacement: ValueOf<F[K]>,
  ): ValueOf<F[K]>;
}
