/**
 * The base of every primitive: a view of its words. A primitive has no other mutable state, so two
 * objects over the same words are the same primitive, in one thread or in two.
 */
import { brandClass } from "../brand.js";
import { describe, ifItThrows } from "../check.js";
import { report } from "../transfer/creation-events.js";
import { registerPlainPrimitive } from "../transfer/primitive-table.js";
import { registerObjects } from "../transfer/known-objects.js";
import { PACK, type Packed, packedAs, registerKind } from "../transfer/envelope.js";
import { allocatePrimitive } from "../memory/allocate.js";
import {
  adopt,
  type MemoryPlacement,
  type MoreFields,
  TrustedPlacement,
  WHAT_WAS_SHARED,
} from "../memory/placement.js";
import { addressOf, type Words } from "../memory/words.js";
import { uncloneable } from "./uncloneable.js";

/** The result of `share()`: plain data for `postMessage` to any worker. */
export interface PrimitiveHandle extends MemoryPlacement {
  /** The kind of the primitive, such as `@x/lock Lock`. */
  readonly kind: string;
  readonly byteOffset: number;
}

const UNCLONEABLE = /* @__PURE__ */ uncloneable("core: a primitive");

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The static side of a primitive. */
export interface PrimitiveClass<T extends Primitive> {
  /** The kind: the package and the class. Other threads find the class by it. */
  readonly KIND: string;
  /** The size of the primitive, in bytes. */
  readonly BYTES: number;
  /** The primitive of this handle, or in this memory. */
  from(place: PrimitiveHandle | MemoryPlacement): T;
}

/**
 * The base of all primitives.
 *
 *     export class Latch extends Primitive {
 *       static readonly KIND = "my-package Latch";
 *       static readonly BYTES = 8;
 *       static { registerPrimitive(Latch, import.meta.url); }
 *       static from(place: PrimitiveHandle | MemoryPlacement): Latch { return new Latch(placementOf(place, Latch)); }
 *       constructor(place?: MemoryPlacement) { super(Latch, place); }
 *       …
 *     }
 */
export abstract class Primitive {
  /** The view of its memory, for the methods of the class. */
  protected readonly words: Int32Array;
  /** The index of its first word in the view. */
  protected readonly at: number;
  /** Makes structured clone refuse the object. Private, so that the types of primitives differ from those of look-alikes. */
  private readonly uncloneable: object;

  /**
   * @throws TypeError if `place` is not shared memory, or has an unknown field; RangeError if the words do
   *   not fit there
   */
  protected constructor(
    Class: {
      readonly KIND: string;
      readonly BYTES: number;
      /** The possible fields of a placement besides its memory. */
      readonly FIELDS?: readonly string[];
    },
    place?: MemoryPlacement,
  ) {
    const { words, at }: Words =
      place === undefined
        ? allocatePrimitive(Class.BYTES)
        : TrustedPlacement.is(place)
          ? place
          : adopt(place, Class.BYTES, packageNameOf(Class), Class.FIELDS ?? fieldsOf(new.target));
    this.words = words;
    this.at = at;
    this.uncloneable = UNCLONEABLE;
    if (place === undefined) report(this, Class.KIND);
  }

  /**
   * The handle of this primitive: plain data to post to a foreign worker. There, `from` makes the
   * primitive of it.
   *
   *     worker.postMessage(lock.share());            // here
   *     const lock = Lock.from(message);             // there
   *
   * Threads of `@x/thread` need neither: a primitive among the arguments arrives as a primitive.
   */
  share(): PrimitiveHandle {
    return {
      kind: kindOf(this).KIND,
      buffer: this.words.buffer as SharedArrayBuffer,
      byteOffset: this.at * Int32Array.BYTES_PER_ELEMENT,
    };
  }

  /** @internal The record by which it travels in arguments and results. */
  [PACK](): Packed {
    return packedAs(kindOf(this).KIND, this.share());
  }

  /** @internal The text that Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** The state as text, like Python's `repr`. */
  abstract toString(): string;

  /** The same text, in JSON: so a log line with a primitive stays short. */
  toJSON(): string {
    return this.toString();
  }

  /** @internal The package: error messages and reports begin with it. */
  get packageName(): string {
    return packageNameOf(kindOf(this));
  }

  /** @internal Its name in reports: `Lock at 0x5f3a1c0040`. */
  get label(): string {
    return `${kindOf(this).KIND.replace(/.* /, "")} ${this.place}`;
  }

  /** The end of every text form: its address. */
  protected get place(): string {
    return `at ${addressOf(wordsOf(this))}`;
  }
}

/** The words of a primitive, for code outside its class. */
export function wordsOf(primitive: Primitive): Words {
  return primitive as unknown as Words;
}

/**
 * The possible fields of a placement if the class has no FIELDS: any, if the class has a
 * `share()` of its own.
 */
function fieldsOf({ prototype }: { readonly prototype: Primitive }): MoreFields {
  return prototype.share === Primitive.prototype.share ? [] : WHAT_WAS_SHARED;
}

/**
 * Lets primitives of `Class` travel to other threads. `moduleUrl` is the `import.meta.url` of the
 * caller.
 */
export function registerPrimitive<T extends Primitive>(Class: PrimitiveClass<T>, moduleUrl: string): void {
  registerKind(Class.KIND, moduleUrl, (handle: PrimitiveHandle) => Class.from(handle));
  const branded = Class as unknown as { readonly prototype: Primitive };
  brandClass(branded, Class.KIND);
  const { prototype } = branded;
  registerObjects(prototype, Class.KIND);
  if (prototype[PACK] === Primitive.prototype[PACK] && prototype.share === Primitive.prototype.share)
    registerPlainPrimitive(prototype as unknown as Words);
}

/** For `from`: checks that `place` is a placement, or a handle of this kind of primitive. */
export function placementOf(place: unknown, Class: { readonly KIND: string }): MemoryPlacement {
  if (TrustedPlacement.is(place)) return place;
  if (typeof place !== "object" || place === null || !("buffer" in place)) {
    throw new TypeError(
      `${packageNameOf(Class)}: from takes what share() returned, or { buffer, byteOffset }, got ${isPrimitive(place) ? "a primitive itself; post its share()" : describe(place)}`,
    );
  }
  const { kind } = place as Partial<PrimitiveHandle>;
  if (kind !== undefined && kind !== Class.KIND) {
    throw new TypeError(`${packageNameOf(Class)}: from was handed a ${describe(kind)}, not a ${describe(Class.KIND)}`);
  }
  return place as MemoryPlacement;
}

/** Is it a primitive, of any copy of this package, or the remains of a cloned primitive? */
function isPrimitive(place: unknown): boolean {
  return typeof place === "object" && place !== null && ifItThrows(false, () => "words" in place && "at" in place);
}

/** The package's name in error messages: `lock` for `@x/lock RLock`. */
export function packageNameOf(Class: { readonly KIND: string }): string {
  return Class.KIND.replace(/^@[^/]*\//, "").replace(/\s.*/, "");
}

export function kindOf(self: Primitive): { readonly KIND: string } {
  return self.constructor as unknown as { readonly KIND: string };
}
