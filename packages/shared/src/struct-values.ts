/** Values on their way into structs: all are checked before the first is written. */
import { describe } from "@x/core";
import { type Field, type Layout, textOf } from "./struct-layout.js";
import { type AnyView, BYTE, type NumberType } from "./struct-numbers.js";
import { utf8, writeText } from "./struct-text.js";

/** Writes a checked value into the memory of an object from byte `at` on. */
export type Write = (viewOf: (number: NumberType) => AnyView, at: number) => void;

/** The name of an own field. By this field structured clone refuses an object. */
export const UNCLONEABLE = "uncloneable";

/**
 * Checks the value of a field.
 *
 * @param path the field's name in errors
 */
export function checked({ type, offset }: Field, value: unknown, path: string): Write {
  switch (type.is) {
    case "number": {
      const { number } = type;
      checkNumber(number, value, path);
      return (viewOf, at) => void (viewOf(number)[(at + offset) >> number.shift] = value as never);
    }
    case "text": {
      const bytes = checkedText(value, type.size, path);
      return (viewOf, at) => writeText(viewOf(BYTE) as never, at + offset, type.size, bytes);
    }
    case "list": {
      const { number } = type;
      const values = checkedList(value, number, type.length, path);
      return (viewOf, at) => viewOf(number).set(values as never, (at + offset) >> number.shift);
    }
    case "struct": {
      const write = checkedValues(type.layout, value, path);
      return (viewOf, at) => write(viewOf, at + offset);
    }
  }
}

/** Checks the values of the fields named in `values`. */
export function checkedValues(layout: Layout, values: unknown, path: string): Write {
  const { fields } = layout;
  if (typeof values !== "object" || values === null)
    throw new TypeError(`shared: ${path || "a struct"} takes the values of its fields, got ${describe(values)}`);
  for (const name of Object.keys(values)) {
    if (!fields.has(name) && name !== UNCLONEABLE)
      throw new TypeError(
        `shared: ${path || "the struct"} has no field ${name}; it has ${[...fields.keys()].join(", ")}`,
      );
  }
  const writes: Write[] = [];
  for (const [name, field] of fields) {
    const value = (values as Record<string, unknown>)[name];
    if (value !== undefined) writes.push(checked(field, value, path === "" ? name : `${path}.${name}`));
  }
  return (viewOf, at) => {
    for (const write of writes) write(viewOf, at);
  };
}

/** @throws TypeError if it is of another type; RangeError if it is out of range */
export function checkNumber(number: NumberType, value: unknown, path: string): void {
  if (number.fits(value)) return;
  const text = `shared: ${path} is ${textOf({ is: "number", number })}, so it takes ${number.what}, got ${describe(value)}`;
  throw typeof value === number.of ? new RangeError(text) : new TypeError(text);
}

function checkedText(value: unknown, size: number, path: string): readonly number[] {
  if (typeof value !== "string") throw new TypeError(`shared: ${path} takes a string, got ${describe(value)}`);
  const bytes = utf8(value);
  if (bytes === undefined)
    throw new RangeError(`shared: ${path} takes a text without "\\0" and halves of characters, got ${describe(value)}`);
  if (bytes.length > size)
    throw new RangeError(
      `shared: ${path} takes up to ${size} bytes of UTF-8, and this text has ${bytes.length}; shorten it, or declare string(${bytes.length})`,
    );
  return bytes;
}

function checkedList(value: unknown, number: NumberType, length: number, path: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || !("length" in value))
    throw new TypeError(`shared: ${path} takes ${length} elements in a list, got ${describe(value)}`);
  const values = Array.from(value as ArrayLike<unknown>);
  if (values.length !== length)
    throw new RangeError(
      `shared: ${path} takes ${length} elements, got ${values.length}; a fixed array keeps its length`,
    );
  values.forEach((element, index) => checkNumber(number, element, `${path}[${index}]`));
  return values;
}
