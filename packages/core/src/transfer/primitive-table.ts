/**
 * The primitives of a message, when they are more than a few. Structured clone takes a microsecond for each object with names in it, so
 * what is the same for many of them is said once, and the rest in numbers:
 *
 *   holds    for each kind in each buffer: the kind, and the buffer
 *   places   for each primitive: the number of its hold, and the index of its first word; `~index` of a twin, for whose words the message
 *            has another object
 *
 * A primitive has the number under which it comes in `places`, in the order in which they were met, and stands there once: one that is met
 * again is known by the line that it lives on, as a `Map` of objects would take longer than all the rest. Only if another object lives
 * there too (two may be views of the same words, and arrive as two), or far out in a large buffer, it is sought in a map.
 */
import { objectAt, type Objects, objectsOf, putObject } from "./known-objects.js";
import { type Packed, packedAs } from "./envelope.js";
import { adopt, TrustedPlacement } from "../memory/placement.js";

/** A primitive that is nothing but a view of its words. */
export interface Bare {
  readonly words: Int32Array;
  readonly at: number;
}

/** Prototypes of the classes whose objects are bare. */
const bare = new WeakSet<object>();

export function registerBare(prototype: Bare): void {
  bare.add(prototype);
}

export function isBare(value: unknown): value is Bare {
  return typeof value === "object" && value !== null && bare.has(Object.getPrototypeOf(value) as object);
}

const MANIFEST = "@x/core manifest";
const LINE_WORDS = 16;
const PAGE_BITS = 8;
const PAGE_LINES = 1 << PAGE_BITS;
/** Lines beyond, in buffers larger than any of ours, have no page: with few of them, a list of pages would be larger than what it saves. */
const MOST_LINES = 2 ** 14;

interface Hold {
  readonly number: number;
  readonly prototype: unknown;
  readonly words: Int32Array;
  /** Who lives on its lines, by pages; those without tenants are not there. */
  readonly pages: (Page | undefined)[];
  /** The objects that stand for what has travelled. */
  readonly objects: Objects | undefined;
}

interface Page {
  /** For each line who lives there, and its number. */
  readonly tenants: (Bare | undefined)[];
  readonly numbers: Int32Array;
}

/** Numbers the primitives of one message. */
export class Manifest {
  private readonly packedHolds: Packed[] = [];
  private readonly holds = new Map<Int32Array, Hold[]>();
  private last: Hold | undefined;
  private places = new Int32Array(4 * LINE_WORDS);
  private length = 0;
  /** Those that are no tenants. */
  private readonly others = new Map<Bare, number>();

  /** The numbers of those in the list; undefined if there is something else in it, too. */
  numbersOf(list: readonly unknown[]): Int32Array | undefined {
    const numbers = new Int32Array(list.length);
    for (let i = 0; i < numbers.length; i++) {
      const item = list[i];
      if (!this.isOfLast(item) && !isBare(item)) return undefined;
      numbers[i] = this.numberOf(item);
    }
    return numbers;
  }

  numberOf(primitive: Bare): number {
    const hold = this.isOfLast(primitive) ? this.last! : (this.last = this.holdOf(primitive));
    const line = Math.floor(primitive.at / LINE_WORDS);
    if (line < MOST_LINES) {
      const { tenants, numbers } = (hold.pages[line >> PAGE_BITS] ??= newPage());
      const tenant = tenants[line % PAGE_LINES];
      if (tenant === primitive) return numbers[line % PAGE_LINES]!;
      if (tenant === undefined) {
        tenants[line % PAGE_LINES] = primitive;
        return (numbers[line % PAGE_LINES] = this.add(hold, primitive));
      }
    }
    let number = this.others.get(primitive);
    if (number === undefined) {
      number = line < MOST_LINES ? this.addTwin(hold, primitive) : this.add(hold, primitive);
      this.others.set(primitive, number);
    }
    return number;
  }

  packed(): Packed {
    const inner = { value: undefined, parts: this.packedHolds };
    return { kind: MANIFEST, data: this.places.slice(0, this.length), inner };
  }

  private add(hold: Hold, primitive: Bare): number {
    putObject(hold.objects, primitive);
    return this.addPlace(hold.number, primitive.at);
  }

  /** Another object lives on its line, and is in the message, too. Two that are sent arrive as two. */
  private addTwin(hold: Hold, { at }: Bare): number {
    return this.addPlace(hold.number, ~at);
  }

  private addPlace(hold: number, at: number): number {
    if (this.length === this.places.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[this.length++] = hold;
    this.places[this.length++] = at;
    return this.length / 2 - 1;
  }

  /** Is it in the same hold as the one before? Mostly. */
  private isOfLast(value: unknown): value is Bare {
    const { last } = this;
    if (last === undefined || typeof value !== "object" || value === null) return false;
    return Object.getPrototypeOf(value) === last.prototype && (value as Bare).words === last.words;
  }

  private holdOf(primitive: Bare): Hold {
    const { words, constructor } = primitive;
    const prototype: unknown = Object.getPrototypeOf(primitive);
    let holds = this.holds.get(words);
    if (holds === undefined) this.holds.set(words, (holds = []));
    const known = holds.find((hold) => hold.prototype === prototype);
    if (known !== undefined) return known;
    const { KIND: kind } = constructor as unknown as { readonly KIND: string };
    const number = this.packedHolds.push(packedAs(kind, words.buffer)) - 1;
    const hold = { number, prototype, words, pages: [], objects: objectsOf(words, kind) };
    holds.push(hold);
    return hold;
  }
}

function newPage(): Page {
  return { tenants: new Array<Bare | undefined>(PAGE_LINES), numbers: new Int32Array(PAGE_LINES) };
}

export function isManifest(packed: Packed): boolean {
  return packed.kind === MANIFEST;
}

/** The primitives, rebuilt, by their numbers. */
export function unpackManifest(
  { data, inner }: Packed,
  reviverOf: (hold: Packed) => (place: never) => unknown,
): unknown[] {
  const holds = inner!.parts.map((hold) => {
    const { words } = adopt({ buffer: hold.data as SharedArrayBuffer }, 0, "core");
    return { revive: reviverOf(hold), words, objects: objectsOf(words, hold.kind) };
  });
  const places = data as Int32Array;
  const primitives: unknown[] = [];
  for (let i = 0; i < places.length; i += 2) {
    const { revive, words, objects } = holds[places[i]!]!;
    const at = places[i + 1]!;
    const known = objectAt(objects, at); // a twin is at none
    if (known !== undefined) primitives.push(known);
    else if (at < 0) primitives.push(revive(new TrustedPlacement(words, ~at) as never));
    else primitives.push(putObject(objects, revive(new TrustedPlacement(words, at) as never) as Bare));
  }
  return primitives;
}
