/** How objects refuse structured clone, which would deliver them without their class and methods. */

/**
 * Makes the value of a field by which structured clone refuses an object: with a DataCloneError that
 * names the cure. Structured clone reads the getter, and throws its error. It would refuse a symbol,
 * too, but only V8 shows the symbol in its error. Many objects share one value, so the field costs a
 * word each.
 *
 * @param what the package and the object, such as `core: a primitive`
 */
export function uncloneable(what: string, cure: string = "post its share(), and take it with from() there"): object {
  return {
    get clone(): never {
      throw new DOMException(`${what} cannot be cloned; ${cure}`, "DataCloneError");
    },
  };
}

/** The target of the weak references in {@link Uncloneable}. */
const NOTHING = {};

/**
 * A base class without a field whose objects structured clone refuses: they are weak references
 * inside, without their methods. It is an ordinary subclass, because V8 knows the shape of its
 * objects. The tempting `Reflect.construct(WeakRef, [NOTHING], new.target)` makes the same objects,
 * but then each private field of a subclass costs a microsecond.
 */
export const Uncloneable: new () => Record<never, never> = class extends WeakRef<object> {
  constructor() {
    super(NOTHING);
  }

  static {
    Object.setPrototypeOf(this.prototype, Object.prototype);
  }
};
