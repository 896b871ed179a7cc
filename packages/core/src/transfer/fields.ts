/** The own fields of an object, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** Sets a field, also with a name such as `__proto__`, for which an assignment would fail. */
export function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
