/**
 * What every primitive is: a view of its words. It has no other mutable state, so two objects over the same words, in one
 * thread or in two, are the same primitive.
 */
import { brandClass } from "../brand.js";
import { describe, ifItThrows } from "../check.js";
import { reportMade } from "./creation-events.js";
import { registerBare } from "../transfer/primitive-table.js";
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

/** What `share()` returns: plain data that may be posted to any worker. */
export interface PrimitiveHandle extends MemoryPlacement {
  /** Which primitive lives there, such as `@x/lock Lock`. */
  readonly kind: string;
  readonly byteOffset: number;
}

/**
 * The value of a field that makes structured clone refuse the object, by an error that has this text. Without it `postMessage(lock)` would
 * deliver an object with neither class nor methods. All objects share it: the field costs a word each.
 */
const UNCLONEABLE: unique symbol = Symbol(
  "a primitive itself: post what its share() returns, and take it with from() there",
) as never;

/** What the weak references inside of {@link Uncloneable} refer to. */
const NOTHING = {};

/**
 * The base of what structured clone refuses without a field that says so: inside, its objects are weak references, without the methods of one.
 * An ordinary subclass, as V8 knows the shape of such objects. The tempting `Reflect.construct(WeakRef, [NOTHING], new.target)` makes the
 * same objects, but each private field of a class below then costs a microsecond.
 */
export const Uncloneable: new () => Record<never, never> = class extends WeakRef<object> {
  constructor() {
    super(NOTHING);
  }

  static {
    Object.setPrototypeOf(this.prototype, Object.prototype);
  }
};

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The static side of a primitive. */
export interface PrimitiveClass<T extends Primitive> {
  /** How other threads know what this is: the package and the class. */
  readonly KIND: string;
  /** How much memory it takes, in bytes. */
  readonly BYTES: number;
  /** The one that `share()` handed over, or that lives in this memory. */
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
  /** @internal The memory it lives in. */
  readonly words: Int32Array;
  /** @internal The index of its first word. */
  readonly at: number;
  /** @internal */
  readonly uncloneable: typeof UNCLONEABLE;

  /**
   * @throws TypeError if `place` is not shared memory, or has a field that means nothing; RangeError if the words do not fit there
   */
  protected constructor(
    Class: {
      readonly KIND: string;
      readonly BYTES: number;
      /** Which fields a placement may have besides its memory. */
      readonly FIELDS?: readonly string[];
    },
    place?: MemoryPlacement,
  ) {
    const { words, at }: Words =
      place === undefined
        ? made(Class)
        : TrustedPlacement.is(place)
          ? place
          : adopt(place, Class.BYTES, who(Class), Class.FIELDS ?? fieldsOf(new.target));
    this.words = words;
    this.at = at;
    this.uncloneable = UNCLONEABLE;
  }

  /**
   * Plain data to post to a worker that this library did not start; over there, `from` makes it whole again.
   *
   *     worker.postMessage(lock.share());            // here
   *     const lock = Lock.from(message);             // there
   *
   * Threads of `@x/thread` need neither: a primitive among the arguments arrives as itself.
   */
  share(): PrimitiveHandle {
    return {
      kind: kindOf(this).KIND,
      buffer: this.words.buffer as SharedArrayBuffer,
      byteOffset: this.at * Int32Array.BYTES_PER_ELEMENT,
    };
  }

  /** @internal How it travels inside arguments and results. */
  [PACK](): Packed {
    return packedAs(kindOf(this).KIND, this.share());
  }

  /** @internal What Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** The state in words, as Python's `repr` tells it. */
  abstract toString(): string;

  /** The same words, in JSON: a log line that holds a primitive stays short. */
  toJSON(): string {
    return this.toString();
  }

  /** @internal With which error messages and reports begin. */
  get packageName(): string {
    return who(kindOf(this));
  }

  /** @internal What reports call it: `Lock at 0x5f3a1c0040`. */
  get label(): string {
    return `${kindOf(this).KIND.replace(/.* /, "")} ${this.place}`;
  }

  /** @internal The end of every text form: where it lives. */
  protected get place(): string {
    return `at ${addressOf(this)}`;
  }
}

/** Memory of its own for a primitive that is new. */
function made(Class: { readonly KIND: string; readonly BYTES: number }): Words {
  reportMade(Class.KIND);
  return allocatePrimitive(Class.BYTES);
}

/** Which fields a placement of a class that names none may have: a class with a `share()` of its own is handed what that says. */
function fieldsOf({ prototype }: { readonly prototype: Primitive }): MoreFields {
  return prototype.share === Primitive.prototype.share ? [] : WHAT_WAS_SHARED;
}

/** Lets other threads rebuild what `Class` packs. `moduleUrl` is the `import.meta.url` of the module that calls this. */
export function registerPrimitive<T extends Primitive>(Class: PrimitiveClass<T>, moduleUrl: string): void {
  registerKind(Class.KIND, moduleUrl, (handle: PrimitiveHandle) => Class.from(handle));
  const branded = Class as unknown as { readonly prototype: Primitive };
  brandClass(branded, Class.KIND);
  const { prototype } = branded;
  registerObjects(prototype, Class.KIND);
  if (prototype[PACK] === Primitive.prototype[PACK] && prototype.share === Primitive.prototype.share)
    registerBare(prototype);
}

/** Checks that `place` is a placement, or a handle of this very kind of primitive; for `from`. */
export function placementOf(place: unknown, Class: { readonly KIND: string }): MemoryPlacement {
  if (TrustedPlacement.is(place)) return place;
  if (typeof place !== "object" || place === null || !("buffer" in place)) {
    throw new TypeError(
      `${who(Class)}: from takes what share() returned, or { buffer, byteOffset }, got ${isPrimitive(place) ? "a primitive itself; post its share()" : describe(place)}`,
    );
  }
  const { kind } = place as Partial<PrimitiveHandle>;
  if (kind !== undefined && kind !== Class.KIND) {
    throw new TypeError(`${who(Class)}: from was handed a ${describe(kind)}, not a ${describe(Class.KIND)}`);
  }
  return place as MemoryPlacement;
}

/** Is it a primitive, also of another copy of this package, or what a clone has left of one? */
function isPrimitive(place: unknown): boolean {
  return typeof place === "object" && place !== null && ifItThrows(false, () => "words" in place && "at" in place);
}

/** The package's name, with which its error messages begin: `lock` for `@x/lock RLock`. */
export function who(Class: { readonly KIND: string }): string {
  return Class.KIND.replace(/^@[^/]*\//, "").replace(/\s.*/, "");
}

export function kindOf(self: Primitive): { readonly KIND: string } {
  return self.constructor as unknown as { readonly KIND: string };
}
