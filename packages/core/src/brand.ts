/**
 * Brands of classes: an object of one copy of a package is an instance of the class of every copy.
 */

interface Branded {
  readonly prototype: object;
}

/**
 * Makes `instanceof Class` ask for a brand; `instanceof` a subclass works as usual.
 *
 * @param name the same for this class in all copies, and for no other class: `@x/lock Lock`
 * @returns the brand, a property of all objects of the class
 */
export function brandClass(Class: Branded, name: string): symbol {
  const brand = Symbol.for(`@x/core instance of ${name}`);
  Object.defineProperty(Class.prototype, brand, { value: true });
  Object.defineProperty(Class, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      // A subclass inherits this function: otherwise each branded object would be its instance.
      if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this as typeof Object, value);
      return typeof value === "object" && value !== null && brand in value;
    },
  });
  return brand;
}
