/** The own fields of an object, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** Sets a field, also with a name such as `__proto__`, for which an assignment would fail. */
export function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * {@link define} of a field that the object does not have, by an assignment where that is the same, because it is
 * faster. An assignment to `__proto__` makes no field. If Object.prototype is frozen, nor does an assignment to
 * any of its names.
 */
export function assign(target: object, key: string, value: unknown): void {
  if (key in target) define(target, key, value);
  else (target as Record<string, unknown>)[key] = value;
}
