/** Writes values as bytes; see byte-format.ts for the layout. */
import { ifItThrows } from "../check.js";
import { values } from "../platform/values.js";
import {
  AGAIN,
  BIGINT,
  BIGINT64,
  BOXED,
  BUFFER,
  bytesOfNames,
  bytesOfTails,
  DATE,
  eight,
  FALSE,
  float,
  FLOAT,
  HAS_AGAIN,
  HAS_TAILS,
  INT,
  int64,
  LATIN1,
  LIST,
  LIST_WITH_FIELDS,
  MAP,
  NAME_BYTES,
  NAMES_MEMORY,
  NAMES_PARCEL,
  NULL,
  OBJECT,
  REGEXP,
  RESIZABLE,
  SET,
  SHARED,
  SMALL,
  SPARSE,
  TAILED,
  TRUE,
  UNDEFINED,
  UTF16,
  VIEW,
  VIEWS,
} from "./byte-format.js";
import { PACK } from "./envelope.js";
import type { Fields } from "./fields.js";
import { fieldsOfList, isDate, isIndex, shapeOf, toString } from "./structured-clone.js";
import { textBytes } from "./text-bytes.js";

/** The number by which the reader knows this shared memory; undefined if the reader does not know it. */
export type NumberOfMemory = (memory: SharedArrayBuffer) => number | undefined;

/** Objects that are moved beside the bytes of a value, and the number by which the bytes name them. */
export interface Parcel {
  readonly number: number;
  readonly objects: readonly object[];
}

/** The walk throws it at a part that is not bytes. An object without a stack, because it is no failure. */
const NOT_BYTES = { part: undefined as unknown };

/**
 * The bytes of `value`; undefined if a part of it cannot be bytes: see {@link partThatIsNotBytes}.
 * They are a view of this thread's scratch, and valid until the next call of `encode`.
 *
 *     const bytes = encode({ name: "x", list: [1, 2n, new Map()] });
 *     decode(bytes);                                                   // an equal value, in any thread
 *
 * `decode` returns what structured clone would deliver: undefined, null, booleans, numbers, bigints,
 * strings, and these objects at any depth, with identity and cycles: plain objects, arrays, maps,
 * sets, dates, regular expressions, boxed primitives, `ArrayBuffer`s and their views.
 *
 * All else is not bytes: functions, symbols, primitives, errors, objects of a class, proxies, blobs,
 * keys, ports. `pack` replaces most of them by records, and its envelope is a plain object, so
 * `encode(pack(value))` knows them, too. Shared memory is bytes if `numberOf` gives it a number.
 *
 * @param parcel objects that are moved beside the bytes: they may be of any kind
 * @param tails takes the bytes of large buffers, in their place in the value: the caller copies them before any
 *   other code runs. Without it they are copied into the bytes
 * @throws the error of a getter in the value; RangeError if it is nested too deep
 */
export function encode(
  value: unknown,
  numberOf: NumberOfMemory = unknown,
  parcel?: Parcel,
  tails?: Uint8Array[],
): Uint8Array | undefined {
  return encoding(value, numberOf, parcel, tails, (encoding) => encoding.view(), unknown);
}

/**
 * An `encode` of values that are no objects, with a scratch of its own: the bytes are valid until its next call, also while
 * other values are encoded.
 */
export function newKeyEncoder(): (key: unknown) => Uint8Array {
  let own: Encoding | undefined;
  return (key) => {
    own ??= new Encoding();
    own.write(key, unknown, undefined, undefined);
    return own.view();
  };
}

/** The first part of `value` that `encode` cannot write: an object, a function or a symbol; undefined if there is none. */
export function partThatIsNotBytes(value: unknown, numberOf: NumberOfMemory = unknown, parcel?: Parcel): unknown {
  return encoding(value, numberOf, parcel, undefined, unknown, (part) => part);
}

/** The words of the scratch, if these bytes are its beginning; undefined if they may lie elsewhere. */
export function wordsOfEncoded(bytes: Uint8Array): Int32Array | undefined {
  return idle?.wordsOf(bytes);
}

function unknown(): undefined {
  return undefined;
}

/** The scratch of this thread. Undefined while it is in use: a getter in a value may itself encode. */
let idle: Encoding | undefined;

function encoding<R>(
  value: unknown,
  numberOf: NumberOfMemory,
  parcel: Parcel | undefined,
  tails: Uint8Array[] | undefined,
  whenWritten: (encoding: Encoding) => R,
  whenRefused: (part: unknown) => R,
): R {
  const mine = idle ?? new Encoding();
  idle = undefined;
  try {
    mine.write(value, numberOf, parcel, tails);
    return whenWritten(mine);
  } catch (error) {
    if (error !== NOT_BYTES) throw error;
    const { part } = NOT_BYTES;
    NOT_BYTES.part = undefined;
    return whenRefused(part);
  } finally {
    idle = mine;
  }
}

/** 4 KiB at first, and again after a value that took more than 2 MiB: new memory takes longer than a copy of 1 MiB. */
const LEAST_BYTES = 4 << 10;
const MOST_KEPT = 2 << 20;

/** Views of up to 255 bytes are kept, because a new view takes as long as the bytes of a small value. */
const KEPT_VIEWS = 256;

const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

/** Up to 8 objects are found by a list, more by a map. */
const FEW = 8;

/** From 24 characters on a call is faster than a loop. */
const SHORT = 24;

/** From 4 KiB on a buffer is a tail: a copy of fewer bytes costs less than a view. */
const TAIL_BYTES = 4 << 10;

class Encoding {
  private bytes = new Uint8Array(LEAST_BYTES);
  private words = new Int32Array(this.bytes.buffer);
  private views: (Uint8Array | undefined)[] = [];
  private length = 0;
  private few: object[] = [];
  private many: Map<object, number> | undefined;
  private numberOf: NumberOfMemory = unknown;
  /** The numbers of the memory in the value, each once. */
  private names: number[] = [];
  private tails: Uint8Array[] | undefined;

  write(value: unknown, numberOf: NumberOfMemory, parcel: Parcel | undefined, tails: Uint8Array[] | undefined): void {
    if (this.bytes.length > MOST_KEPT) this.resize(LEAST_BYTES);
    this.numberOf = numberOf;
    this.tails = tails;
    this.bytes[0] = 0;
    this.length = 1;
    try {
      if (parcel !== undefined) this.expect(parcel.objects);
      this.value(value);
      if (parcel !== undefined) {
        this.names.push(parcel.number);
        this.bytes[0] |= NAMES_PARCEL;
      }
      if (this.names.length > 0) this.writeNames();
      if (tails !== undefined && tails.length > 0) this.writeTailLengths(tails);
    } finally {
      this.tails = undefined;
      if (this.names.length > 0) this.names = [];
      while (this.few.length > 0) this.few.pop(); // keeps the memory of the list: new memory takes 20 ns
      this.many = undefined;
    }
  }

  /** Gives the objects of a parcel the first numbers. */
  private expect(objects: readonly object[]): void {
    if (objects.length <= FEW) this.few = [...objects];
    else this.many = new Map(objects.map((object, number) => [object, number]));
  }

  view(): Uint8Array {
    const { length } = this;
    if (length >= KEPT_VIEWS) return this.bytes.subarray(0, length);
    return (this.views[length] ??= this.bytes.subarray(0, length));
  }

  wordsOf(bytes: Uint8Array): Int32Array | undefined {
    return this.views[bytes.length] === bytes ? this.words : undefined;
  }

  private resize(asked: number): void {
    const size = (asked + WORD_BYTES - 1) & -WORD_BYTES;
    const larger = new Uint8Array(size);
    if (size > this.bytes.length) larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.words = new Int32Array(larger.buffer);
    this.views = [];
  }

  /** Makes room for `count` bytes. */
  private room(count: number): void {
    const needed = this.length + count;
    if (needed > this.bytes.length) this.resize(Math.max(2 * this.bytes.length, needed));
  }

  private tag(tag: number): void {
    this.room(1);
    this.bytes[this.length++] = tag;
  }

  private size(size: number): void {
    this.room(8);
    while (size > 127) {
      this.bytes[this.length++] = (size % 128) | 128;
      size = Math.floor(size / 128);
    }
    this.bytes[this.length++] = size;
  }

  private value(value: unknown): void {
    switch (typeof value) {
      case "undefined":
        return this.tag(UNDEFINED);
      case "boolean":
        return this.tag(value ? TRUE : FALSE);
      case "number":
        return this.number(value);
      case "string":
        return this.text(value);
      case "bigint":
        return this.bigint(value);
      case "object":
        return value === null ? this.tag(NULL) : this.object(value);
      default:
        return refuse(value);
    }
  }

  private number(value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) {
      float[0] = value;
      return this.eightBytes(FLOAT);
    }
    this.room(5);
    if (value >= 0 && value < SMALL) {
      this.bytes[this.length++] = SMALL + value;
      return;
    }
    const { bytes, length } = this;
    bytes[length] = INT;
    bytes[length + 1] = value;
    bytes[length + 2] = value >> 8;
    bytes[length + 3] = value >> 16;
    bytes[length + 4] = value >> 24;
    this.length = length + 5;
  }

  private eightBytes(tag: number): void {
    this.room(9);
    const { bytes, length } = this;
    bytes[length] = tag;
    for (let i = 0; i < 8; i++) bytes[length + 1 + i] = eight[i]!;
    this.length = length + 9;
  }

  private bigint(value: bigint): void {
    int64[0] = value;
    if (int64[0] === value) return this.eightBytes(BIGINT64);
    this.tag(BIGINT);
    this.tag(value < 0n ? 1 : 0);
    this.text((value < 0n ? -value : value).toString(16));
  }

  private text(text: string): void {
    const { length } = text;
    if (length < SHORT && this.shortText(text)) return;
    this.room(9 + length);
    const start = this.length;
    this.bytes[this.length++] = LATIN1;
    this.size(length);
    if (length >= SHORT && textBytes.writeLatin1(this.bytes, text, this.length)) {
      this.length += length;
      return;
    }
    this.bytes[start] = UTF16;
    this.room(2 * length);
    textBytes.writeUtf16(this.bytes, text, this.length);
    this.length += 2 * length;
  }

  /** Writes a text whose size is a byte; returns false if a character needs two. */
  private shortText(text: string): boolean {
    const { length } = text;
    this.room(2 + length);
    const { bytes, length: at } = this;
    bytes[at] = LATIN1;
    bytes[at + 1] = length;
    const start = at + 2;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      bytes[start + i] = code;
    }
    this.length = start + length;
    return true;
  }

  private object(value: object): void {
    if (this.isKnown(value)) return;
    if (values.isProxy(value) || PACK in value) return refuse(value);
    if (Object.getPrototypeOf(value) === Object.prototype && toString.call(value) === "[object Object]")
      return this.plain(value);
    if (this.isOfKnownClass(value)) return;
    switch (shapeOf(value)) {
      case "plain":
        return this.plain(value);
      case "list":
        return this.list(value as unknown[]);
      case "map":
        this.tag(MAP);
        return this.map(value as Map<unknown, unknown>);
      case "set":
        this.tag(SET);
        return this.set(value as Set<unknown>);
      case "native":
        return this.native(value);
      default:
        return refuse(value);
    }
  }

  /**
   * Writes an object of these three classes; returns false for any other object. `shapeOf` would
   * clone it for a test, and the clone of a buffer takes as long as writing its bytes.
   */
  private isOfKnownClass(value: object): boolean {
    switch (Object.getPrototypeOf(value)) {
      case ArrayBuffer.prototype:
        if (stateOf(value, ArrayBuffer.prototype, "byteLength") === undefined) return false;
        this.buffer(value as ArrayBuffer);
        return true;
      case RegExp.prototype:
        if (stateOf(value, RegExp.prototype, "source") === undefined) return false;
        this.regExp(value as RegExp);
        return true;
      case sharedPrototype():
        if (stateOf(value, SharedArrayBuffer.prototype, "byteLength") === undefined) return false;
        this.shared(value as SharedArrayBuffer);
        return true;
      default:
        return false;
    }
  }

  /** Writes the number of an object that was written before. Any other object gets the next number. */
  private isKnown(value: object): boolean {
    const { few } = this;
    let known: number | undefined;
    if (this.many !== undefined) {
      known = this.many.get(value);
      if (known === undefined) this.many.set(value, this.many.size);
    } else {
      const index = few.length === 0 ? -1 : few.indexOf(value);
      if (index >= 0) known = index;
      else if (few.length < FEW) few.push(value);
      else this.many = new Map([...few, value].map((object, number) => [object, number]));
    }
    if (known === undefined) return false;
    this.bytes[0]! |= HAS_AGAIN;
    this.tag(AGAIN);
    this.size(known);
    return true;
  }

  private plain(value: object): void {
    this.tag(OBJECT);
    this.fields(Object.keys(value), value as Fields);
  }

  private fields(names: readonly string[], from: Fields): void {
    this.size(names.length);
    for (const name of names) {
      this.text(name);
      this.value(from[name]);
    }
  }

  private list(list: readonly unknown[]): void {
    const names = fieldsOfList(list);
    this.tag(names.length === 0 ? LIST : LIST_WITH_FIELDS);
    const { length } = list;
    this.size(length);
    for (let i = 0; i < length; i++) {
      const item = list[i];
      if (item === undefined && !Object.hasOwn(list, i)) {
        this.sparse(list, i);
        break;
      }
      this.value(item);
    }
    if (names.length > 0) this.fields(names, list as never);
  }

  /** The items after the first hole. By their keys, because a list of 4 billion holes has none. */
  private sparse(list: readonly unknown[], hole: number): void {
    const indices = Object.keys(list).filter((key) => isIndex(key) && Number(key) > hole);
    this.tag(SPARSE);
    this.size(indices.length);
    for (const index of indices) {
      this.size(Number(index));
      this.value(list[Number(index)]);
    }
  }

  private map(map: ReadonlyMap<unknown, unknown>): void {
    const entries: unknown[] = [];
    Map.prototype.forEach.call(map, (item, key) => entries.push(key, item));
    this.size(entries.length / 2);
    for (const entry of entries) this.value(entry);
  }

  private set(set: ReadonlySet<unknown>): void {
    const items: unknown[] = [];
    Set.prototype.forEach.call(set, (item) => items.push(item));
    this.size(items.length);
    for (const item of items) this.value(item);
  }

  private shared(memory: SharedArrayBuffer): void {
    const number = this.numberOf(memory);
    if (number === undefined) return refuse(memory);
    this.tag(SHARED);
    this.number(number);
    if (number !== 0 && !this.names.includes(number)) this.names.push(number);
  }

  private writeNames(): void {
    const { names, length } = this;
    const size = bytesOfNames(names.length);
    this.room(size);
    const view = new DataView(this.bytes.buffer, length, size);
    names.forEach((name, i) => view.setFloat64(i * NAME_BYTES, name, true));
    view.setUint32(names.length * NAME_BYTES, names.length, true);
    this.bytes[0]! |= NAMES_MEMORY;
    this.length = length + size;
  }

  private writeTailLengths(tails: readonly Uint8Array[]): void {
    const size = bytesOfTails(tails.length);
    this.room(size);
    this.bytes.copyWithin(1 + size, 1, this.length);
    this.length += size;
    const view = new DataView(this.bytes.buffer, 1, size);
    [this.length, tails.length, ...tails.map(({ length }) => length)].forEach((word, i) =>
      view.setUint32(i * 4, word, true),
    );
    this.bytes[0]! |= HAS_TAILS;
  }

  /** Writes an object that structured clone copies whole, of a class of the language. Refuses classes of the platform. */
  private native(value: object): void {
    if (ArrayBuffer.isView(value)) return this.arrayView(value);
    if (isDate(value)) {
      float[0] = Date.prototype.getTime.call(value);
      return this.eightBytes(DATE);
    }
    switch (toString.call(value)) {
      case "[object RegExp]":
        return this.regExp(value as RegExp);
      case "[object ArrayBuffer]":
        return this.buffer(value as ArrayBuffer);
      case "[object Number]":
      case "[object String]":
      case "[object Boolean]":
      case "[object BigInt]":
        this.tag(BOXED);
        return this.value(unboxed(value));
      case "[object SharedArrayBuffer]": // of another realm
        return this.shared(value as SharedArrayBuffer);
      default:
        return refuse(value);
    }
  }

  private regExp({ source, flags }: RegExp): void {
    this.tag(REGEXP);
    this.text(source);
    this.text(flags);
  }

  private arrayView(view: ArrayBufferView): void {
    const number = view instanceof DataView ? VIEWS.indexOf("DataView") : VIEWS.indexOf(nameOfView(view));
    // The length of a view may follow the length of its buffer, and the view does not tell.
    if (number < 0 || isResizable(view.buffer)) return refuse(view);
    this.tag(VIEW);
    this.tag(number);
    this.size(view.byteOffset);
    this.size((view as Partial<Uint8Array>).length ?? view.byteLength);
    this.value(view.buffer);
  }

  private buffer(buffer: ArrayBuffer): void {
    const from = ifItThrows(undefined, () => new Uint8Array(buffer));
    if (from === undefined) return refuse(buffer); // its bytes are another thread's by now
    const isFixed = !isResizable(buffer);
    if (isFixed && this.tails !== undefined && from.length >= TAIL_BYTES) {
      this.tag(TAILED);
      this.tails.push(from);
      return;
    }
    if (!isFixed) {
      this.tag(RESIZABLE);
      this.size((buffer as { maxByteLength?: number }).maxByteLength!);
    } else this.tag(BUFFER);
    this.size(from.length);
    this.room(from.length);
    this.bytes.set(from, this.length);
    this.length += from.length;
  }
}

/** The prototype of shared memory; undefined in a page without isolation, which has none. */
function sharedPrototype(): object | undefined {
  const Class: { readonly prototype: object } | undefined =
    typeof SharedArrayBuffer === "function" ? SharedArrayBuffer : undefined;
  return Class?.prototype;
}

/** The result of a getter that works only on objects of its class; undefined for an object with nothing but the prototype. */
function stateOf(value: object, prototype: object, getter: string): unknown {
  return ifItThrows<unknown>(undefined, () => Reflect.get(prototype, getter, value) as unknown);
}

/** The primitive value in a box, whatever fields the box has. */
function unboxed(box: object): unknown {
  for (const Class of [Number, String, Boolean, BigInt]) {
    const { valueOf } = Class.prototype as { valueOf: (this: unknown) => unknown };
    const primitive = ifItThrows<unknown>(undefined, () => valueOf.call(box));
    if (primitive !== undefined) return primitive;
  }
  return refuse(box);
}

function refuse(part: unknown): never {
  NOT_BYTES.part = part;
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- the caller of the walk catches it
  throw NOT_BYTES;
}

/** The class of a typed array, of any realm; a `Buffer` is a Uint8Array. */
function nameOfView(view: ArrayBufferView): string {
  return Reflect.get(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag, view) as string;
}

function isResizable(buffer: ArrayBufferLike): boolean {
  return (buffer as { resizable?: boolean }).resizable === true;
}
