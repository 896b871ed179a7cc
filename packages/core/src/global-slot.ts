/**
 * One value per thread, however many copies of this package the thread loads (ESM beside CommonJS, two versions): what one copy packs,
 * another can unpack. Each module declares its own slot.
 */

/**
 * The value in the slot `name` of this thread; the first copy that asks makes it. The name ends with a number: raise it for a change that
 * older copies would get wrong.
 */
export function globalSlot<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`@x/core ${name}`);
  return ((globalThis as Record<symbol, unknown>)[key] ??= make()) as T;
}
