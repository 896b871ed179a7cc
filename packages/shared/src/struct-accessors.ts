/**
 * The accessors of a struct's fields.
 *
 * Where the platform allows it, they are compiled from text, for each layout: then the type and the
 * offset of each field are constants for the engine. Accessors shared by all structs see objects of many
 * classes, and are several times slower.
 */
import type { Field, Layout } from "./struct-layout.js";
import { type AnyView, BYTE } from "./struct-numbers.js";
import { readText } from "./struct-text.js";
import { checked } from "./struct-values.js";

/** The key of an object's place in its memory, in bytes. */
export const AT: unique symbol = Symbol("at") as never;

/** The inside of an object: its place, a view for each type of its fields, and its parts. */
export interface Inside {
  [AT]: number;
  [key: symbol]: unknown;
}

/** Makes the object of a field: a struct inside of the object, or a typed array. */
type MakePart = (self: Inside, field: Field) => object;

interface Accessor {
  readonly get: (this: Inside) => unknown;
  readonly set: (this: Inside, value: unknown) => void;
}

/** Defines the fields of a struct on the prototype of its class. */
export function defineFields(prototype: object, layout: Layout, makePart: MakePart): void {
  const fields = [...layout.fields.values()];
  const accessors = compiled(layout, makePart) ?? fields.map((field) => accessorOf(field, layout, makePart));
  fields.forEach(({ name }, i) => Object.defineProperty(prototype, name, { ...accessors[i], configurable: true }));
}

/** Writes a value into a field, after all checks. */
function assign(self: Inside, field: Field, value: unknown): void {
  checked(field, value, field.name)(({ key }) => self[key] as AnyView, self[AT]);
}

function accessorOf(field: Field, layout: Layout, makePart: MakePart): Accessor {
  const { type, offset, name } = field;
  const set = function (this: Inside, value: unknown): void {
    assign(this, field, value);
  };
  if (type.is === "text") {
    return {
      get() {
        return readText(this[BYTE.key] as Uint8Array, this[AT] + offset, type.size);
      },
      set,
    };
  }
  if (type.is !== "number") {
    const key = layout.parts.get(name)!;
    return {
      get() {
        return this[key] ?? (this[key] = makePart(this, field));
      },
      set,
    };
  }
  const { key, shift, of } = type.number;
  return {
    get() {
      const value = (this[key] as AnyView)[(this[AT] + offset) >> shift];
      return of === "boolean" ? value !== 0 : value;
    },
    set,
  };
}

/** The accessors of all fields; undefined where code from text is forbidden. */
function compiled(layout: Layout, makePart: MakePart): readonly Accessor[] | undefined {
  const given = new Map<string, unknown>([
    ["AT", AT],
    ["makePart", makePart],
    ["assign", assign],
  ]);
  const members = [...layout.fields.values()].map((field, i) => textOf(field, i, layout, given));
  const text = `"use strict"; return [${members.join(",\n")}];`;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- nothing of the user's but names, as JSON
    const make = new Function(...given.keys(), text) as (...values: unknown[]) => readonly Accessor[];
    return make(...given.values());
  } catch {
    return undefined; // no code from text here
  }
}

/**
 * An accessor as text.
 *
 * @param n the field's number: it makes its names unique
 * @param given the names in the text, and their values
 */
function textOf(field: Field, n: number, layout: Layout, given: Map<string, unknown>): string {
  const { name, type, offset } = field;
  given.set(`field${n}`, field);
  const set = `set(value) { assign(this, field${n}, value); }`;
  if (type.is === "text") {
    given.set("bytes", BYTE.key);
    given.set("readText", readText);
    return `{ get() { return readText(this[bytes], this[AT] + ${offset}, ${type.size}); }, ${set} }`;
  }
  if (type.is !== "number") {
    given.set(`part${n}`, layout.parts.get(name));
    return `{ get() { return this[part${n}] ?? (this[part${n}] = makePart(this, field${n})); }, ${set} }`;
  }
  const { name: of, key, shift } = type.number;
  given.set(`${of}`, key);
  given.set(`fits_${of}`, (value: unknown) => type.number.fits(value));
  const element = `this[${of}][(this[AT] + ${offset}) >> ${shift}]`;
  return `{
    get() { return ${element}${of === "bool" ? " !== 0" : ""}; },
    set(value) {
      if (!fits_${of}(value)) assign(this, field${n}, value);
      ${element} = value;
    } }`;
}
