/**
 * Layouts of structs: where each field lies. As in C, a field begins at a multiple of its own size. A
 * struct begins at a multiple of the size of its largest field; its size is such a multiple, too.
 *
 * The text of a layout is a list of names and types, in JSON. Threads know a struct by this text.
 */
import { describe } from "@x/core";
import { BYTE, NUMBERS, type NumberType } from "./struct-numbers.js";

/** The type of a field. */
export type FieldType =
  | { readonly is: "number"; readonly number: NumberType }
  | { readonly is: "text"; readonly size: number }
  | { readonly is: "list"; readonly number: NumberType; readonly length: number }
  | { readonly is: "struct"; readonly layout: Layout };

/** A field, and its offset in bytes. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
}

export interface Layout {
  readonly text: string;
  readonly bytes: number;
  readonly alignment: number;
  readonly fields: ReadonlyMap<string, Field>;
  /** The types of all fields: an object has a view for each. */
  readonly numbers: ReadonlySet<NumberType>;
  /** The fields with objects for values, and the keys of the values in an object of the struct. */
  readonly parts: ReadonlyMap<string, symbol>;
}

/** A layout in its text: the names, and their types. */
type Written = readonly (readonly [string, string | Written])[];

const TEXT = /^string\(([1-9]\d{0,8})\)$/;
const LIST = /^(\w+)\[([1-9]\d{0,8})\]$/;
const TYPES = `i8, u8, i16, u16, i32, u32, f32, f64, bool, i64, u64, string(32), f32[16], or another struct`;
/** The most bytes of a struct: an array of a single object is below 2 GiB. */
const MOST_BYTES = 2 ** 30;

/**
 * The layout of `fields`.
 *
 * @param layoutOf the layout of a struct, for a field of its type; undefined for any other value
 * @throws TypeError if a field has another type; RangeError if the struct is too large
 */
export function layoutOfFields(
  fields: Readonly<Record<string, unknown>>,
  isReserved: (name: string) => boolean,
  layoutOf: (type: unknown, name: string) => Layout | undefined,
): Layout {
  return laidOut(
    Object.entries(fields).map(([name, type]): [string, FieldType] => {
      if (isReserved(name))
        throw new TypeError(`shared: a struct has a ${name} of its own; choose another name for the field`);
      const nested = layoutOf(type, name);
      return [name, nested === undefined ? typeOf(name, type) : { is: "struct", layout: nested }];
    }),
  );
}

/** The layout of a text. @throws SyntaxError or TypeError if another thread cannot have written it */
export function layoutOfText(text: string): Layout {
  return layoutOfWritten(JSON.parse(text) as Written);
}

function layoutOfWritten(written: Written): Layout {
  return laidOut(
    written.map(([name, type]) => [
      name,
      typeof type === "string" ? typeOf(name, type) : { is: "struct", layout: layoutOfWritten(type) },
    ]),
  );
}

function typeOf(name: string, type: unknown): FieldType {
  if (typeof type === "string") {
    const number = NUMBERS.get(type);
    if (number !== undefined) return { is: "number", number };
    const size = TEXT.exec(type)?.[1];
    if (size !== undefined) return { is: "text", size: Number(size) };
    const [, element, length] = LIST.exec(type) ?? [];
    const ofList = NUMBERS.get(element ?? "");
    if (ofList !== undefined && ofList.of !== "boolean") return { is: "list", number: ofList, length: Number(length) };
  }
  throw new TypeError(`shared: the field ${name} of a struct has the type ${describe(type)}; take ${TYPES}`);
}

function laidOut(types: readonly (readonly [string, FieldType])[]): Layout {
  if (types.length === 0) throw new TypeError("shared: a struct has no field; name at least one");
  const fields = new Map<string, Field>();
  const numbers = new Set<NumberType>();
  const parts = new Map<string, symbol>();
  let [end, alignment] = [0, 1];
  for (const [name, type] of types) {
    const { size, align } = extentOf(type);
    const offset = roundedUp(end, align);
    fields.set(name, { name, type, offset });
    if (type.is === "list" || type.is === "struct") parts.set(name, Symbol(name));
    for (const number of numbersOf(type)) numbers.add(number);
    end = offset + size;
    alignment = Math.max(alignment, align);
  }
  const bytes = roundedUp(end, alignment);
  if (bytes > MOST_BYTES) throw new RangeError(`shared: a struct takes ${bytes} bytes, and 1 GiB is the most`);
  return { text: JSON.stringify(types.map(written)), bytes, alignment, fields, numbers, parts };
}

function extentOf(type: FieldType): { size: number; align: number } {
  if (type.is === "text") return { size: type.size, align: 1 };
  if (type.is === "struct") return { size: type.layout.bytes, align: type.layout.alignment };
  const align = 1 << type.number.shift;
  return { size: type.is === "list" ? align * type.length : align, align };
}

function numbersOf(type: FieldType): Iterable<NumberType> {
  if (type.is === "text") return [BYTE];
  return type.is === "struct" ? type.layout.numbers : [type.number];
}

function written([name, type]: readonly [string, FieldType]): unknown {
  return [name, type.is === "struct" ? JSON.parse(type.layout.text) : textOf(type)];
}

/** A type in the notation of users. */
export function textOf(type: FieldType): string {
  if (type.is === "number") return type.number.name;
  if (type.is === "text") return `string(${type.size})`;
  return type.is === "list" ? `${type.number.name}[${type.length}]` : "struct";
}

function roundedUp(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
