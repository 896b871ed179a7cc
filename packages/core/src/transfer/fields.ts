/** Own fields of an object, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** Assigns also names such as `__proto__`, which plain assignment would not. */
export function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
