/**
 * The primitive table: the primitives of a message, if there are more than a few. Structured clone
 * takes a microsecond per object with named fields. So the table stores the common parts once per
 * group, and the rest as numbers:
 *
 *   groups   for each kind in each buffer: the kind, and the buffer
 *   rows     for each primitive: the number of its group, and the index of its first word; `~index` for a
 *            twin, a second object over the same words in the message
 *
 * Primitives are numbered by row, in the order of their first visit. To find the number again, look
 * up the cache line that the primitive occupies; this is faster than a `Map` keyed by object. If
 * two objects share a line, or the line is beyond MAX_LINES, fall back to a `Map`.
 */
import { objectAt, type Objects, objectsOf, putObject } from "./known-objects.js";
import { type Packed, packedAs } from "./envelope.js";
import { adopt, TrustedPlacement } from "../memory/placement.js";

/** A primitive without fields of its own: only a view of its words. */
export interface PlainPrimitive {
  readonly words: Int32Array;
  readonly at: number;
}

/** The prototypes of the classes of plain primitives. */
const plainPrototypes = new WeakSet<object>();

export function registerPlainPrimitive(prototype: PlainPrimitive): void {
  plainPrototypes.add(prototype);
}

export function isPlainPrimitive(value: unknown): value is PlainPrimitive {
  return typeof value === "object" && value !== null && plainPrototypes.has(Object.getPrototypeOf(value) as object);
}

const PRIMITIVE_TABLE = "@x/core primitive table";
const LINE_WORDS = 16;
const PAGE_BITS = 8;
const PAGE_LINES = 1 << PAGE_BITS;
/**
 * 2^14 lines: 1 MiB, the largest buffer of this library. A larger user buffer would need a long
 * list of pages for few primitives.
 */
const MAX_LINES = 2 ** 14;

interface Group {
  readonly number: number;
  readonly prototype: unknown;
  readonly words: Int32Array;
  /** The occupants of its lines, by page; a page without occupants is missing. */
  readonly pages: (Page | undefined)[];
  /** The known objects of this kind in this buffer. */
  readonly objects: Objects | undefined;
}

interface Page {
  /** The primitive on each line, and its number. */
  readonly occupants: (PlainPrimitive | undefined)[];
  readonly numbers: Int32Array;
}

/** Numbers the primitives of one message. */
export class PrimitiveTable {
  private readonly packedGroups: Packed[] = [];
  private readonly groups = new Map<Int32Array, Group[]>();
  private last: Group | undefined;
  private rows = new Int32Array(4 * LINE_WORDS);
  private length = 0;
  /** The numbers of the primitives that occupy no line. */
  private readonly others = new Map<PlainPrimitive, number>();

  /** The numbers of the primitives in a list; undefined if the list has any other item. */
  numbersOf(list: readonly unknown[]): Int32Array | undefined {
    const numbers = new Int32Array(list.length);
    for (let i = 0; i < numbers.length; i++) {
      const item = list[i];
      if (!this.isOfLast(item) && !isPlainPrimitive(item)) return undefined;
      numbers[i] = this.numberOf(item);
    }
    return numbers;
  }

  numberOf(primitive: PlainPrimitive): number {
    const group = this.isOfLast(primitive) ? this.last! : (this.last = this.groupOf(primitive));
    const line = Math.floor(primitive.at / LINE_WORDS);
    if (line < MAX_LINES) {
      const { occupants, numbers } = (group.pages[line >> PAGE_BITS] ??= newPage());
      const occupant = occupants[line % PAGE_LINES];
      if (occupant === primitive) return numbers[line % PAGE_LINES]!;
      if (occupant === undefined) {
        occupants[line % PAGE_LINES] = primitive;
        return (numbers[line % PAGE_LINES] = this.add(group, primitive));
      }
    }
    let number = this.others.get(primitive);
    if (number === undefined) {
      number = line < MAX_LINES ? this.addTwin(group, primitive) : this.add(group, primitive);
      this.others.set(primitive, number);
    }
    return number;
  }

  packed(): Packed {
    const inner = { value: undefined, parts: this.packedGroups };
    return { kind: PRIMITIVE_TABLE, data: this.rows.slice(0, this.length), inner };
  }

  private add(group: Group, primitive: PlainPrimitive): number {
    putObject(group.objects, primitive);
    return this.addRow(group.number, primitive.at);
  }

  /** Another object of the message occupies the line. Two objects that are sent arrive as two. */
  private addTwin(group: Group, { at }: PlainPrimitive): number {
    return this.addRow(group.number, ~at);
  }

  private addRow(group: number, at: number): number {
    if (this.length === this.rows.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows[this.length++] = group;
    this.rows[this.length++] = at;
    return this.length / 2 - 1;
  }

  /** Is it in the same group as the primitive before it? The usual case. */
  private isOfLast(value: unknown): value is PlainPrimitive {
    const { last } = this;
    if (last === undefined || typeof value !== "object" || value === null) return false;
    return Object.getPrototypeOf(value) === last.prototype && (value as PlainPrimitive).words === last.words;
  }

  private groupOf(primitive: PlainPrimitive): Group {
    const { words, constructor } = primitive;
    const prototype: unknown = Object.getPrototypeOf(primitive);
    let groups = this.groups.get(words);
    if (groups === undefined) this.groups.set(words, (groups = []));
    const known = groups.find((group) => group.prototype === prototype);
    if (known !== undefined) return known;
    const { KIND: kind } = constructor as unknown as { readonly KIND: string };
    const number = this.packedGroups.push(packedAs(kind, words.buffer)) - 1;
    const group = { number, prototype, words, pages: [], objects: objectsOf(words, kind) };
    groups.push(group);
    return group;
  }
}

function newPage(): Page {
  return { occupants: new Array<PlainPrimitive | undefined>(PAGE_LINES), numbers: new Int32Array(PAGE_LINES) };
}

export function isPrimitiveTable(packed: Packed): boolean {
  return packed.kind === PRIMITIVE_TABLE;
}

/** The rebuilt primitives of a table, by number. */
export function unpackPrimitiveTable(
  { data, inner }: Packed,
  reviverOf: (group: Packed) => (place: never) => unknown,
): unknown[] {
  const groups = inner!.parts.map((group) => {
    const { words } = adopt({ buffer: group.data as SharedArrayBuffer }, 0, "core");
    return { revive: reviverOf(group), words, objects: objectsOf(words, group.kind) };
  });
  const rows = data as Int32Array;
  const primitives: unknown[] = [];
  for (let i = 0; i < rows.length; i += 2) {
    const { revive, words, objects } = groups[rows[i]!]!;
    const at = rows[i + 1]!;
    const known = objectAt(objects, at); // a twin is no known object
    if (known !== undefined) primitives.push(known);
    else if (at < 0) primitives.push(revive(new TrustedPlacement(words, ~at) as never));
    else primitives.push(putObject(objects, revive(new TrustedPlacement(words, at) as never) as PlainPrimitive));
  }
  return primitives;
}
