/**
 * An array of structs.
 *
 * Words: none. But it has a line of a slab: by the line a thread keeps a single object for the array, and the
 * array has an address. The objects lie in memory of their own, one behind the other.
 */
import {
  checkInteger,
  describe,
  type Envelope,
  PACK,
  type Packed,
  packedAs,
  placementOf,
  Primitive,
  type PrimitiveHandle,
  registerPrimitive,
  unpack,
} from "@x/core";
import { Existing, isSharedMemory, newSharedMemory } from "@x/core/internal";
import {
  assignAll,
  classEnvelope,
  classOfText,
  existingObject,
  findLayout,
  Cursors,
  isPartOf,
  moveTo,
} from "./struct-base.js";
import type { Struct } from "./struct-types.js";
import { viewIn } from "./struct-numbers.js";
import type { Layout } from "./struct-layout.js";

/** The most bytes of an array. */
const MOST_BYTES = 2 ** 31 - 1;

/** The result of `share()`: plain data, ready to post to any worker. */
export interface StructArrayHandle extends PrimitiveHandle {
  /** The memory of the objects. */
  readonly memory: SharedArrayBuffer;
  /** The names and types of the fields of an object. */
  readonly layout: string;
  /** The class of the objects, if it is a subclass of a struct. */
  readonly class?: Envelope | undefined;
}

/** Values for the fields of a struct. */
export type StructPart<T extends Struct> = {
  readonly [K in Exclude<keyof T, keyof Struct> as T[K] extends (...args: never) => unknown ? never : K]?:
    | (T[K] extends Struct ? StructPart<T[K]> : T[K] extends ArrayBufferView & ArrayLike<infer E> ? ArrayLike<E> : T[K])
    | undefined;
};

/** A field of all objects of an array: the result of {@link StructArray.column}. */
export interface StructColumn<V> {
  /** A view of the memory of all objects, in the type of the field; of bytes, 0 or 1, for a `bool`. */
  readonly values: ColumnView<V>;
  /** The index of the first object's field in `values`. */
  readonly first: number;
  /** How many elements of `values` lie between a field and the next object's. */
  readonly step: number;
}

type ColumnView<V> = V extends bigint
  ? BigInt64Array | BigUint64Array
  : V extends boolean
    ? Uint8Array
    : Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** The names of the fields for numbers, bigints or truth values. */
type NumberField<T> = {
  [K in keyof T]: T[K] extends number | bigint | boolean ? K : never;
}[keyof T] &
  string;

/** A class of structs, with objects of type `T`. */
type ClassOf<T extends Struct> = new (values?: never) => T;

/**
 * An array of structs, shared by all threads. Its length is fixed.
 *
 *     const Particle = struct({ x: "f64", y: "f64", hits: "i32" });
 *     const particles = new StructArray(Particle, 10_000);
 *     particles.get(7).x += 1;
 *
 * Take it for images, particles, counters: the objects lie one behind the other, as in C. A thread makes an
 * object for an element at the first `get`, and keeps it. {@link cursor} needs a single object for all
 * elements. {@link column} gives a typed array with a field of all of them.
 *
 * Reads and writes of fields are not ordered between threads: hold a lock, or hand the array over by
 * `start`, `join`, a queue or a barrier.
 *
 * @see Python's `multiprocessing.Array` of a `ctypes.Structure`
 */
export class StructArray<T extends Struct> extends Primitive implements Iterable<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared StructArray";
  /** The size of an array in bytes, besides the memory of its objects. */
  static readonly BYTES: number = Int32Array.BYTES_PER_ELEMENT;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory", "layout", "class"];

  static {
    registerPrimitive(StructArray as never, import.meta.url);
  }

  /** Returns the array of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from<T extends Struct>(handle: StructArrayHandle): StructArray<T> {
    const place = placementOf(handle, StructArray);
    const { memory, layout, class: envelope } = handle as Partial<StructArrayHandle>;
    const Class = envelope === undefined ? classOfText(layout) : unpack<ClassOf<T>>(envelope);
    if (!isSharedMemory(memory) || layout === undefined || findLayout(Class)?.text !== layout)
      throw new TypeError(`shared: from takes what share() of a StructArray returned, got ${describe(handle)}`);
    return new StructArray<T>(Class as ClassOf<T>, new Existing(place, memory) as never);
  }

  readonly #Class: ClassOf<T>;
  readonly #layout: Layout;
  readonly #memory: SharedArrayBuffer;
  readonly #length: number;
  readonly #bytes: number;
  /** Cursors are parts of this object: by it they differ from the objects of elements. */
  readonly #cursors = new Cursors(this);
  /** The objects of the elements used by this thread. */
  #elements: (T | undefined)[] = [];

  /**
   * Makes an array of `length` objects. Their fields are 0, false or "".
   *
   * @param Class a class returned by `struct`, or a subclass of it
   * @throws TypeError if `Class` is no such class, or `length` no number; RangeError if `length` is no integer,
   *   is negative, or the objects take 2 GiB or more
   */
  constructor(Class: ClassOf<T>, length: number);
  constructor(Class: ClassOf<T>, from: number | Existing) {
    const layout = findLayout(Class);
    if (layout === undefined)
      throw new TypeError(`shared: expected a class made by struct({ … }), got ${describe(Class)}`);
    const { bytes } = layout;
    const isThere = Existing.is(from);
    if (!isThere) checkInteger(from, "length", "shared", 0, Math.floor(MOST_BYTES / bytes));
    const memory = isThere ? from.memory : newSharedMemory(from * bytes);
    super(StructArray, isThere ? from.place : undefined);
    this.#Class = Class;
    this.#layout = layout;
    this.#bytes = bytes;
    this.#memory = memory;
    this.#length = isThere ? Math.floor(memory.byteLength / bytes) : from;
  }

  /** How many objects the array has. It never changes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Returns the object at `index`: in this thread the same each time. A negative index counts from the end.
   *
   * @throws TypeError if `index` is no number; RangeError if it is no integer, or there is no such object
   */
  get(index: number): T {
    return (typeof index === "number" ? this.#elements[index] : undefined) ?? this.#make(index);
  }

  /**
   * Writes `values` into the fields of the object at `index`. Other fields stay unchanged.
   *
   * @throws as {@link get}; TypeError if a value is not of its field's type, or a field is unknown; RangeError
   *   if a number is out of range, or a text or a list too long. Nothing is written then
   */
  set(index: number, values: StructPart<T>): void {
    assignAll(this.get(index), values);
  }

  /**
   * Makes an object to {@link move} over the elements, for loops over more elements than should each have an
   * object. It begins at the first element.
   *
   *     const pixel = image.cursor();
   *     for (let i = 0; i < image.length; i++) brightness += image.move(pixel, i).red;
   *
   * @throws RangeError if the array is empty
   */
  cursor(): T {
    this.#at(0);
    return existingObject(this.#Class, this.#memory, 0, this.#cursors) as Struct as T;
  }

  /**
   * Moves a cursor to the object at `index`, and returns it.
   *
   * @throws TypeError if it is no cursor of this array; and as {@link get}
   */
  move(cursor: T, index: number): T {
    if (!isPartOf(cursor, this.#cursors))
      throw new TypeError(`shared: move takes what cursor() of this array returned, got ${describe(cursor)}`);
    moveTo(cursor, this.#at(index), this.#layout);
    return cursor;
  }

  /**
   * Returns a field of all objects: the typed array in which it lies, and its places there. It is for loops
   * where each nanosecond counts. Writes are not checked: they wrap or round, as in any typed array.
   *
   *     const { values, first, step } = particles.column("x");
   *     for (let i = 0; i < particles.length; i++) values[first + i * step] += 1;
   *
   * @throws TypeError if there is no such field, or it is no number, bigint or truth value
   */
  column<K extends NumberField<T>>(name: K): StructColumn<T[K]> {
    const field = this.#layout.fields.get(name);
    if (field?.type.is !== "number")
      throw new TypeError(
        `shared: column takes the name of a field that is a number, a bigint or a truth value, got ${describe(name)}`,
      );
    const { number } = field.type;
    return {
      values: viewIn(this.#memory, number) as never,
      first: field.offset >> number.shift,
      step: this.#bytes >> number.shift,
    };
  }

  /** The objects, in order. */
  *values(): IterableIterator<T> {
    for (let index = 0; index < this.#length; index++) yield this.get(index);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.values();
  }

  override share(): StructArrayHandle {
    const Class = classEnvelope(this.#Class);
    return {
      ...super.share(),
      memory: this.#memory,
      layout: this.#layout.text,
      ...(Class !== undefined && { class: Class }),
    };
  }

  /** @internal */
  override [PACK](): Packed {
    const handle = this.share();
    return { ...packedAs(StructArray.KIND, handle), inner: handle.class };
  }

  /** `<StructArray of 1000 Particle at 0x0040>`. */
  override toString(): string {
    return `<StructArray of ${this.#length} ${this.#Class.name} ${this.place}>`;
  }

  /** Where an object begins, in bytes. */
  #at(index: number): number {
    const length = this.#length;
    if (typeof index === "number" && index >>> 0 === index && index < length) return index * this.#bytes;
    if (length === 0) throw new RangeError(`shared: an empty StructArray has no object ${describe(index)}`);
    checkInteger(index, "index", "shared", -length, length - 1);
    return (index + length) * this.#bytes;
  }

  #make(index: number): T {
    const at = this.#at(index);
    if (index < 0) return this.get(index + this.#length);
    if (this.#elements.length === 0) this.#elements = new Array<T | undefined>(this.#length);
    return (this.#elements[index] = existingObject(this.#Class, this.#memory, at, this) as Struct as T);
  }
}
