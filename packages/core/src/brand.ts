/** Classes that are known by a brand: what one copy of a package makes is an instance of the class of every copy. */

interface Branded {
  readonly prototype: object;
}

/**
 * Lets `instanceof Class` ask for a brand. Subclasses of `Class` are asked for as JavaScript does.
 *
 * @param name is the same for this class in all copies, and for no other class: `@x/lock Lock`
 * @returns the brand, which its objects have as a property
 */
export function brandClass(Class: Branded, name: string): symbol {
  const brand = Symbol.for(`@x/core instance of ${name}`);
  Object.defineProperty(Class.prototype, brand, { value: true });
  Object.defineProperty(Class, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      // A subclass inherits this function: without the second rule everything branded would be an instance of each subclass.
      if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this as typeof Object, value);
      return typeof value === "object" && value !== null && brand in value;
    },
  });
  return brand;
}
