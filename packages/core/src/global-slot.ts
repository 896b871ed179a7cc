/**
 * Global slots: one value per thread, shared by all copies of this package (ESM beside CommonJS,
 * two versions). So one copy can unpack a value packed by another. Each module declares its own
 * slot.
 */

/**
 * The value in the slot `name` of this thread; the first caller makes it. The name ends with a
 * version: raise it if older copies would misread the value.
 */
export function globalSlot<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`@x/core ${name}`);
  return ((globalThis as Record<symbol, unknown>)[key] ??= make()) as T;
}
