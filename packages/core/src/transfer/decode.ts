/** Reads the bytes of `encode`; see byte-format.ts for the layout. */
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
  namesIn,
  NULL,
  OBJECT,
  REGEXP,
  RESIZABLE,
  SET,
  SHARED,
  SMALL,
  SPARSE,
  TAILED,
  tailLengthsIn,
  TRUE,
  UNDEFINED,
  UTF16,
  VIEW,
  VIEWS,
} from "./byte-format.js";
import { ThreadError } from "../errors.js";
import { assign } from "./fields.js";
import { ofOtherShape, type Shape, shapeAt } from "./shapes.js";
import { SHORT_TEXT, shortLatin1, textBytes } from "./text-bytes.js";

/** The shared memory that this thread knows by this number. */
export type MemoryOfNumber = (number: number) => SharedArrayBuffer;

/**
 * The value of the bytes that `encode` has written, in this thread or another.
 *
 * Bytes in shared memory are copied first. No other thread may change them meanwhile.
 *
 * @param memoryOf finds shared memory by the number that the writer's `numberOf` gave it
 * @param moved the objects of the parcel that the bytes name
 * @param tails a copy of each of the value's tails, with its whole buffer, which becomes the value's
 * @throws ThreadError if the bytes are not those of `encode`, or hold shared memory and there is no `memoryOf`
 */
export function decode(
  from: Uint8Array,
  memoryOf: MemoryOfNumber = noMemory,
  moved: readonly object[] = NONE,
  tails: readonly Uint8Array[] = [],
): unknown {
  return decodeCopy(isShared(from.buffer) ? new Uint8Array(from) : from, memoryOf, moved, tails);
}

/**
 * {@link decode} of bytes that are a copy already. It does not ask for `from.buffer`, because an engine makes the
 * buffer of a small array when it is first asked for, which takes longer than to decode a small value.
 */
export function decodeCopy(
  from: Uint8Array,
  memoryOf: MemoryOfNumber = noMemory,
  moved: readonly object[] = NONE,
  tails: readonly Uint8Array[] = [],
): unknown {
  return new Decoding(from, memoryOf, moved, tails).all();
}

const NONE: readonly object[] = [];

function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer === "function" && buffer instanceof SharedArrayBuffer;
}

function noMemory(): never {
  throw new ThreadError("core: the bytes hold shared memory by its number; decode them with a function that finds it");
}

/** The names of fields, because most values have the same few. */
const NAMES = 1024;
const names = /* @__PURE__ */ new Array<string | undefined>(NAMES);

class Decoding {
  private at = 1;
  private tail = 0;
  /** The objects by number; undefined if no object stands there more than once. */
  private readonly objects: unknown[] | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly memoryOf: MemoryOfNumber,
    moved: readonly object[],
    private readonly tails: readonly Uint8Array[],
  ) {
    if ((bytes[0]! & HAS_TAILS) !== 0) this.at += bytesOfTails(tailLengthsIn(bytes).length);
    this.objects = (bytes[0]! & HAS_AGAIN) !== 0 ? [...moved] : undefined;
  }

  all(): unknown {
    const value = this.value();
    if (this.at !== this.bytes.length && this.at + bytesOfNames(namesIn(this.bytes).length) !== this.bytes.length)
      throw malformed();
    return value;
  }

  private size(): number {
    const first = this.bytes[this.at++]!;
    if (first < 128) return first;
    let size = first - 128;
    for (let unit = 128; ; unit *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw malformed();
      if (byte < 128) return size + byte * unit;
      size += (byte - 128) * unit;
    }
  }

  private keep<T>(object: T): T {
    this.objects?.push(object);
    return object;
  }

  private value(): unknown {
    const tag = this.bytes[this.at++];
    if (tag === undefined) throw malformed();
    if (tag >= SMALL) return tag - SMALL;
    switch (tag) {
      case UNDEFINED:
        return undefined;
      case NULL:
        return null;
      case TRUE:
        return true;
      case FALSE:
        return false;
      case INT:
        return this.int();
      case FLOAT:
        this.eightBytes();
        return float[0];
      case LATIN1:
        return this.latin1();
      case UTF16:
        return this.utf16();
      case BIGINT64:
        this.eightBytes();
        return int64[0];
      case BIGINT:
        return this.bigint();
      default:
        return this.object(tag);
    }
  }

  private object(tag: number): unknown {
    switch (tag) {
      case OBJECT:
        return this.plain();
      case LIST:
        return this.list();
      case LIST_WITH_FIELDS:
        return this.fields(this.list());
      case MAP:
        return this.map();
      case SET:
        return this.set();
      case AGAIN:
        return this.objects![this.size()];
      case DATE:
        this.eightBytes();
        return this.keep(new Date(float[0]!));
      case REGEXP:
        return this.keep(new RegExp(this.text(), this.text()));
      case BOXED:
        return this.inPlace(() => Object(this.value()) as unknown);
      case BUFFER:
        return this.keep(this.blob());
      case RESIZABLE:
        return this.keep(this.resizable());
      case TAILED:
        return this.keep(this.nextTail());
      case VIEW:
        return this.inPlace(() => this.view());
      case SHARED:
        return this.keep(this.memoryOf(this.value() as number));
      default:
        throw malformed();
    }
  }

  /** Makes an object after its parts, but numbers it before them. */
  private inPlace(make: () => unknown): unknown {
    const { objects } = this;
    if (objects === undefined) return make();
    const number = objects.push(undefined) - 1;
    return (objects[number] = make());
  }

  private int(): number {
    const { bytes, at } = this;
    this.at = at + 4;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  private eightBytes(): void {
    const { bytes, at } = this;
    for (let i = 0; i < 8; i++) eight[i] = bytes[at + i]!;
    this.at = at + 8;
  }

  private bigint(): bigint {
    const isNegative = this.bytes[this.at++] === 1;
    const magnitude = BigInt(`0x${this.text()}`);
    return isNegative ? -magnitude : magnitude;
  }

  private text(): string {
    return this.bytes[this.at++] === LATIN1 ? this.latin1() : this.utf16();
  }

  private latin1(): string {
    const length = this.size();
    const { bytes, at } = this;
    const end = (this.at = at + length);
    return length <= SHORT_TEXT ? shortLatin1(bytes, at, length) : textBytes.readLatin1(bytes, at, end);
  }

  private utf16(): string {
    const length = 2 * this.size();
    const { at } = this;
    this.at = at + length;
    return textBytes.readUtf16(this.bytes, at, this.at);
  }

  /** The name of a field: a text, found again by its characters. */
  private name(): string {
    const { bytes, at } = this;
    const length = bytes[at + 1]!;
    if (bytes[at] !== LATIN1 || length > 127) return this.text();
    let hash = length;
    for (let i = at + 2; i < at + 2 + length; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const place = hash & (NAMES - 1);
    const known = names[place];
    if (known?.length === length && isSame(known, bytes, at + 2)) {
      this.at = at + 2 + length;
      return known;
    }
    return (names[place] = this.text());
  }

  /** An object that is whole before its parts are read is needed only if it may stand inside of them. */
  private plain(): object {
    if (this.objects !== undefined) return this.fields(this.keep({}));
    const count = this.size();
    if (count === 0) return {};
    const expected = shapeAt(this.bytes, this.at, count);
    const values = this.expected(expected, count);
    if (values.length === count) return expected.object(values);
    const names = expected.names.slice(0, values.length);
    while (values.length < count) {
      names.push(this.name());
      values.push(this.value());
    }
    return ofOtherShape(expected, names, values);
  }

  /** The values of the fields, as far as their names are those of the shape. */
  private expected({ spelled }: Shape, count: number): unknown[] {
    if (spelled.length !== count) return [];
    const values = new Array<unknown>(count); // a list that grows takes more memory and time
    for (let i = 0; i < count; i++) {
      if (!this.skip(spelled[i]!)) return values.slice(0, i);
      values[i] = this.value();
    }
    return values;
  }

  /** Skips these bytes, if they are the next. */
  private skip(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.at = at + expected.length;
    return true;
  }

  private fields<T extends object>(into: T): T {
    for (let left = this.size(); left > 0; left--) {
      const name = this.name();
      assign(into, name, this.value());
    }
    return into;
  }

  private list(): unknown[] {
    const length = this.size();
    const list: unknown[] = this.keep([]);
    for (let i = 0; i < length; i++) {
      if (this.bytes[this.at] === SPARSE) {
        this.sparse(list);
        list.length = length;
        break;
      }
      list.push(this.value());
    }
    return list;
  }

  private sparse(list: unknown[]): void {
    this.at++;
    for (let left = this.size(); left > 0; left--) {
      const index = this.size();
      list[index] = this.value();
    }
  }

  private map(): Map<unknown, unknown> {
    const size = this.size();
    const map = this.keep(new Map<unknown, unknown>());
    for (let left = size; left > 0; left--) {
      const key = this.value();
      map.set(key, this.value());
    }
    return map;
  }

  private set(): Set<unknown> {
    const size = this.size();
    const set = this.keep(new Set<unknown>());
    for (let left = size; left > 0; left--) set.add(this.value());
    return set;
  }

  private blob(): ArrayBuffer {
    const length = this.size();
    const { bytes, at } = this;
    this.at = at + length;
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(at, this.at));
    return copy.buffer;
  }

  private nextTail(): ArrayBufferLike {
    const tail = this.tails[this.tail++];
    if (tail === undefined) throw malformed();
    return tail.buffer;
  }

  private resizable(): ArrayBuffer {
    const maxByteLength = this.size();
    const length = this.size();
    const { bytes, at } = this;
    this.at = at + length;
    const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(length, {
      maxByteLength,
    });
    new Uint8Array(buffer).set(bytes.subarray(at, this.at));
    return buffer;
  }

  private view(): unknown {
    const name = VIEWS[this.bytes[this.at++]!];
    if (name === undefined) throw malformed();
    const offset = this.size();
    const length = this.size();
    const View = (globalThis as never as Record<string, typeof Uint8Array>)[name]!;
    return new View(this.value() as ArrayBuffer, offset, length);
  }
}

function isSame(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}

function malformed(): ThreadError {
  return new ThreadError("core: these are not the bytes of a value; decode what encode has written, whole");
}
