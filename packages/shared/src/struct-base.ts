/** The class of all structs, the class of each layout, and the way of their objects to other threads. */
import {
  adopt,
  allocate,
  describe,
  type Envelope,
  PACK,
  pack,
  type Packed,
  packedAs,
  registerKind,
  ThreadError,
  unpack,
} from "@x/core";
import { checkNoPrivateFields, ifItThrows, report, uncloneable } from "@x/core/internal";
import { AT, defineFields, type Inside } from "./struct-accessors.js";
import { type Field, type Layout, layoutOfText, textOf } from "./struct-layout.js";
import { type AnyView, type NumberType, viewIn } from "./struct-numbers.js";
import type { Struct, StructHandle } from "./struct-types.js";
import { checkedValues, checkNumber, UNCLONEABLE } from "./struct-values.js";

const KIND = "@x/shared struct";
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The key of a class's layout, on its prototype. */
const LAYOUT: unique symbol = Symbol("layout") as never;
/** The key of the whole, if this object is a part: the whole is another struct, or an array. */
const WHOLE: unique symbol = Symbol("whole") as never;

const REFUSAL = /* @__PURE__ */ uncloneable("shared: a struct");

/** The posted form of an object, unless it is a part. */
interface Travelling extends StructHandle {
  /** The envelope of its class; none if it is the class of the layout. */
  readonly class?: Envelope | undefined;
}

/** The posted form of a part. */
interface TravellingPart {
  readonly whole: Envelope;
  readonly part: string | number;
}

/** An array: it is the whole, and its elements are the parts. */
interface Elements {
  get(index: number): object;
}

/** The cursors of an array are parts of this object. */
export class Cursors {
  constructor(readonly of: object) {}
}

/** Memory of an existing object. */
class Existing {
  /** By a private field: `instanceof` would ask a proxy, and a proxy may lie or throw. */
  static is(value: unknown): value is Existing {
    return typeof value === "object" && value !== null && #exists in value;
  }

  readonly #exists = true;

  constructor(
    readonly buffer: SharedArrayBuffer,
    readonly at: number,
    readonly whole: object | undefined,
  ) {}
}

/** The class of each layout, in this thread. */
const classes = /* @__PURE__ */ new Map<string, typeof StructBase>();

/** The travelled objects: views of memory → place → object. */
const objects = /* @__PURE__ */ new WeakMap<Int32Array, Map<number, WeakRef<StructBase>>>();

/** The classes without private fields. */
const checkedClasses = /* @__PURE__ */ new WeakSet<object>();

/** The base of all structs. Users see it by the types of struct-types.ts. */
export class StructBase implements Struct {
  static {
    registerKind(KIND, import.meta.url, (data: Travelling | TravellingPart) => arrived(data));
  }

  static from(handle: StructHandle): StructBase {
    const layout = layoutOf(this);
    const { kind, layout: text, class: _, ...place } = (handle ?? {}) as Travelling;
    if (kind !== KIND || text !== layout.text)
      throw new TypeError(`shared: from takes what share() of such a struct returned, got ${describe(handle)}`);
    const { words, at } = adopt(place, layout.bytes, "shared");
    return existingObject(this, words.buffer as SharedArrayBuffer, at * Int32Array.BYTES_PER_ELEMENT);
  }

  static add(object: StructBase, name: string, n: number | bigint): number | bigint {
    const { number, view, index } = integerIn(object, name);
    checkNumber(number, n, name);
    return number.wrap!((Atomics.add(view, index, n as never) + (n as number)) as never);
  }

  static compareExchange(
    object: StructBase,
    name: string,
    expected: number | bigint,
    replacement: number | bigint,
  ): number | bigint {
    const { number, view, index } = integerIn(object, name);
    checkNumber(number, expected, name);
    checkNumber(number, replacement, name);
    return Atomics.compareExchange(view, index, expected as never, replacement as never);
  }

  /** @internal Makes structured clone refuse the object. */
  protected readonly uncloneable: object = REFUSAL;

  constructor(values?: unknown) {
    const layout = layoutOf(new.target);
    const isThere = Existing.is(values);
    const write = isThere || values === undefined ? undefined : checkedValues(layout, values, "");
    const { buffer, at, whole } = isThere ? values : made(new.target, layout);
    const inside = insideOf(this);
    inside[AT] = at;
    inside[WHOLE] = whole;
    for (const number of layout.numbers) inside[number.key] = viewIn(buffer, number);
    for (const key of layout.parts.values()) inside[key] = undefined;
    if (!isThere) report(this, KIND);
    write?.(({ key }) => inside[key] as AnyView, at);
  }

  share(): StructHandle {
    const { text } = layoutIn(this);
    return { kind: KIND, buffer: bufferOf(this), byteOffset: insideOf(this)[AT], layout: text };
  }

  toJSON(): object {
    const { fields } = layoutIn(this);
    return Object.fromEntries([...fields.keys()].map((name) => [name, plain((this as never)[name])]));
  }

  /** @internal The record by which it travels. */
  [PACK](): Packed {
    const { name } = this.constructor;
    const own = Object.keys(this).find((key) => key !== UNCLONEABLE);
    if (own !== undefined)
      throw new TypeError(
        `shared: ${name}.${own} is a field of one object, which other threads do not see; name it in struct({ ${own}: … })`,
      );
    const from = insideOf(this)[WHOLE];
    const whole = (from instanceof Cursors ? from.of : from) as object | undefined;
    if (whole !== undefined) {
      const inner = pack(whole, name);
      return { ...packedAs(KIND, { whole: inner, part: partOf(this, whole) } satisfies TravellingPart), inner };
    }
    const handle = this.share();
    remember(handle, this);
    const inner = classEnvelope(this.constructor);
    return { ...packedAs(KIND, { ...handle, class: inner } satisfies Travelling), inner };
  }

  /** @internal What Node prints. */
  [INSPECT](): object {
    return Object.assign(Object.create({ constructor: this.constructor }) as object, this.toJSON());
  }
}

/** The class of objects with this layout: a thread makes it once. */
export function classOf(layout: Layout): typeof StructBase {
  let Class = classes.get(layout.text);
  if (Class === undefined) {
    Class = class extends StructBase {};
    Object.defineProperty(Class, "name", { value: "struct" });
    Object.defineProperty(Class, "BYTES", { value: layout.bytes });
    Object.defineProperty(Class.prototype, LAYOUT, { value: layout });
    defineFields(Class.prototype, layout, makePart);
    classes.set(layout.text, Class);
  }
  return Class;
}

/** The class for a layout's text from another thread; undefined if the text is no layout. */
export function classOfText(text: unknown): typeof StructBase | undefined {
  if (typeof text !== "string") return undefined;
  return classes.get(text) ?? ifItThrows(undefined, () => classOf(layoutOfText(text)));
}

/** The layout of a class; undefined if the value is no class of structs. */
export function findLayout(Class: unknown): Layout | undefined {
  return typeof Class === "function" ? (Class.prototype as { [LAYOUT]?: Layout } | undefined)?.[LAYOUT] : undefined;
}

/** Is it the class of a layout, and no subclass of it? */
export function isPlainClass(Class: object): boolean {
  return Object.hasOwn((Class as typeof StructBase).prototype, LAYOUT);
}

/** The envelope of a subclass; undefined for the class of a layout, because each thread makes it for itself. */
export function classEnvelope(Class: object): Envelope | undefined {
  return isPlainClass(Class) ? undefined : pack(Class, (Class as typeof StructBase).name);
}

/** An object of a class in this memory. Its constructor does not run. */
export function existingObject(Class: object, buffer: SharedArrayBuffer, at: number, whole?: object): StructBase {
  return Reflect.construct(StructBase, [new Existing(buffer, at, whole)], Class as never);
}

/** Moves an object to another place in its memory. */
export function moveTo(object: object, at: number, { parts }: Layout): void {
  const inside = insideOf(object);
  inside[AT] = at;
  if (parts.size > 0) for (const key of parts.values()) inside[key] = undefined;
}

/** Was the object made as a part of `whole`? May be called with any value. */
export function isPartOf(object: unknown, whole: object): boolean {
  return (object as Inside | null | undefined)?.[WHOLE] === whole;
}

/** Writes `values` into an object, after all checks. */
export function assignAll(object: object, values: unknown): void {
  const inside = object as Inside;
  checkedValues(layoutIn(object), values, "")(({ key }) => inside[key] as AnyView, inside[AT]);
}

/** @throws TypeError if it is the class of no struct */
function layoutOf(Class: typeof StructBase): Layout {
  const layout = findLayout(Class);
  if (layout === undefined) throw new TypeError('shared: Struct has no fields; make a class by struct({ x: "f64" })');
  return layout;
}

/** New memory. */
function made(Class: typeof StructBase, { bytes }: Layout): Existing {
  if (!checkedClasses.has(Class)) {
    checkNoPrivateFields(Class, `an object of ${Class.name}`, StructBase);
    checkedClasses.add(Class);
  }
  const { words, at } = allocate(bytes);
  return new Existing(words.buffer as SharedArrayBuffer, at * Int32Array.BYTES_PER_ELEMENT, undefined);
}

function makePart(self: Inside, { type, offset }: Field): object {
  const at = self[AT] + offset;
  if (type.is === "struct") return existingObject(classOf(type.layout), bufferOf(self), at, self);
  const { number, length } = type as Field["type"] & { readonly is: "list" };
  const from = at >> number.shift;
  return (self[number.key] as AnyView).subarray(from, from + length);
}

function insideOf(object: object): Inside {
  return object as Inside;
}

function layoutIn(object: object): Layout {
  return (object as { readonly [LAYOUT]: Layout })[LAYOUT];
}

function bufferOf(object: object): SharedArrayBuffer {
  const [number] = layoutIn(object).numbers;
  return (insideOf(object)[number!.key] as AnyView).buffer as SharedArrayBuffer;
}

/** A part's name in a struct, or its number in an array. */
function partOf(part: object, whole: object): string | number {
  const at = insideOf(part)[AT];
  if (!(whole instanceof StructBase)) return at / layoutIn(part).bytes;
  for (const { name, offset, type } of layoutIn(whole).fields.values())
    if (type.is === "struct" && insideOf(whole)[AT] + offset === at) return name;
  throw new ThreadError("shared: a part of a struct that has moved does not travel; pass the struct");
}

/** An integer field: where it lies. */
function integerIn(object: StructBase, name: string): { number: NumberType; view: Int32Array; index: number } {
  const field = object instanceof StructBase ? layoutIn(object).fields.get(name) : undefined;
  if (field === undefined)
    throw new TypeError(
      `shared: expected a struct and the name of a field, got ${describe(object)} and ${describe(name)}`,
    );
  const { type, offset } = field;
  if (type.is !== "number" || type.number.wrap === undefined)
    throw new TypeError(
      `shared: ${name} is ${textOf(type)}, and atomic operations take integers, such as "i32"; or hold a lock`,
    );
  const { number } = type;
  return {
    number,
    view: insideOf(object)[number.key] as Int32Array,
    index: (insideOf(object)[AT] + offset) >> number.shift,
  };
}

/** Turns structs and typed arrays into plain values, for JSON. */
function plain(value: unknown): unknown {
  if (value instanceof StructBase) return value.toJSON();
  return ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value;
}

function remember({ buffer, byteOffset }: StructHandle, object: StructBase): void {
  const { words } = adopt({ buffer }, 0, "shared");
  let ofWords = objects.get(words);
  if (ofWords === undefined) objects.set(words, (ofWords = new Map<number, WeakRef<StructBase>>()));
  ofWords.set(byteOffset, new WeakRef(object));
}

/** The object of a message: the same for the same memory. */
function arrived(data: Travelling | TravellingPart): object {
  if ("whole" in data) {
    const whole = unpack<Elements & Record<string, object>>(data.whole);
    return typeof data.part === "number" ? whole.get(data.part) : whole[data.part]!;
  }
  const { buffer, byteOffset, layout, class: envelope } = data;
  const { words } = adopt({ buffer }, 0, "shared");
  const known = objects.get(words)?.get(byteOffset)?.deref();
  if (known !== undefined) return known;
  const Class = envelope === undefined ? classOfText(layout) : unpack<typeof StructBase>(envelope);
  const object = existingObject(Class!, words.buffer as SharedArrayBuffer, byteOffset);
  remember(data, object);
  return object;
}
