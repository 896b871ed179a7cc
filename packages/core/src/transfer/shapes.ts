/**
 * The shapes of plain objects that this thread has decoded lately: the names of their fields, in their order.
 *
 * Most values of a program have the same few shapes. An object of a known shape is made at once, with all of
 * its fields, by a function that is compiled from text. Field by field it takes five times as long, because
 * the engine looks for each name in Object.prototype, and gives the object a new class of its own each time.
 */
import { LATIN1 } from "./byte-format.js";
import { assign } from "./fields.js";

/** 256 shapes: an object of another shape takes the place of a shape that is seen less often. */
const SHAPES = 256;

/** Compiling takes as long as making 100 objects field by field. */
const WARM = 16;
const MOST_WARM = 64;

/** A program whose objects all differ does not compile for ever. */
let compilations = 1024;

/** A name takes a byte for its length here, and a shape with a longer one matches nothing. */
const LONGEST_NAME = 127;

export class Shape {
  /** The bytes of each name, as far as they can be compared. */
  readonly spelled: readonly Uint8Array[];
  /** How much more often objects had this shape than another in its place, up to a limit. */
  warmth = 1;
  #make: ((values: readonly unknown[]) => object) | undefined;

  constructor(readonly names: readonly string[]) {
    this.spelled = names.every(isSpelled) ? names.map(spell) : [];
  }

  /** An object of this shape. */
  object(values: readonly unknown[]): object {
    if (this.#make !== undefined) return this.#make(values);
    if (this.warmth < MOST_WARM) this.warmth += 1;
    if (this.warmth > WARM && compilations > 0) this.#make = compiled(this.names);
    return fieldByField(this.names, values);
  }
}

/** No object matches it. */
const NONE = /* @__PURE__ */ new Shape([]);

const shapes = /* @__PURE__ */ new Array<Shape>(SHAPES).fill(NONE);

/** The shape that an object with so many fields probably has, by the first name, which begins here. */
export function shapeAt(bytes: Uint8Array, at: number, count: number): Shape {
  return shapes[placeOf(count, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0)]!;
}

/** An object with these fields, which are not those of the expected shape. */
export function ofOtherShape(expected: Shape, names: readonly string[], values: readonly unknown[]): object {
  expected.warmth -= 1;
  if (expected.warmth <= 0 && names.every(isSpelled)) {
    const [, length, first = 0] = spell(names[0]!);
    shapes[placeOf(names.length, length!, first)] = new Shape(names);
  }
  return fieldByField(names, values);
}

function placeOf(count: number, length: number, first: number): number {
  return (count * 37 + length * 5 + first) & (SHAPES - 1);
}

function isSpelled(name: string): boolean {
  if (name.length > LONGEST_NAME) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 255) return false;
  return true;
}

/** A name as `encode` writes it. */
function spell(name: string): Uint8Array {
  return Uint8Array.from([LATIN1, name.length, ...Array.from(name, (character) => character.charCodeAt(0))]);
}

function fieldByField(names: readonly string[], values: readonly unknown[]): object {
  const object = {};
  names.forEach((name, i) => assign(object, name, values[i]));
  return object;
}

/** A name as the key of a literal. `__proto__` in brackets, because `{ "__proto__": value }` makes no field. */
function keyOf(name: string): string {
  const text = JSON.stringify(name);
  return name === "__proto__" ? `[${text}]` : text;
}

/** A function that makes objects of this shape; undefined where code from text is forbidden. */
function compiled(names: readonly string[]): ((values: readonly unknown[]) => object) | undefined {
  compilations -= 1;
  const fields = names.map((name, i) => `${keyOf(name)}: values[${i}]`);
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- nothing of the user's but names, as JSON
    return new Function("values", `return { ${fields.join(", ")} };`) as (values: readonly unknown[]) => object;
  } catch {
    compilations = 0; // no code from text here
    return undefined;
  }
}
