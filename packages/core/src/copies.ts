/**
 * Copies of a package in one thread: a link followed by two paths, two bundles, ESM beside
 * CommonJS, two installations.
 *
 * The state of a thread (its ident, its thread objects) must exist once. So the first copy works
 * for all copies: each later copy exports the members of the first, and has no state.
 *
 * A later copy may be a newer version with more exports than the first. Then both work, each for
 * the modules that import it, as two realms in one thread do.
 */
import { globalSlot } from "./global-slot.js";

/** The copies with state of their own, by package. */
const copiesOf = /* @__PURE__ */ globalSlot("copies 1", () => new Map<string, object[]>());

/**
 * The exports that a copy hands out: of the first copy in this thread with all members of `own`, or
 * else `own` itself.
 *
 * @param name the package, and the version of its state: `@x/thread 1`
 * @param onFirst called, before this returns, if `own` is the first copy
 */
export function firstCopy<E extends object>(name: string, own: E, onFirst: () => void): E {
  const copies = copiesOf.get(name) ?? [];
  copiesOf.set(name, copies);
  const first = copies.find((copy) => hasAllOf(copy, own)) as E | undefined;
  if (first !== undefined) return first;
  copies.push(own);
  if (copies.length === 1) onFirst();
  return own;
}

/** Has `copy` each export of `own`, and each member of its classes? */
function hasAllOf(copy: object, own: object): boolean {
  return Object.entries(own).every(([name, value]) => {
    if (!(name in copy)) return false;
    if (!isClass(value)) return true;
    const other = (copy as Record<string, unknown>)[name];
    return isClass(other) && hasKeysOf(other, value) && hasKeysOf(other.prototype, value.prototype);
  });
}

function isClass(value: unknown): value is { readonly prototype: object } {
  return typeof value === "function" && typeof value.prototype === "object" && value.prototype !== null;
}

function hasKeysOf(copy: object, own: object): boolean {
  return Reflect.ownKeys(own).every((key) => key in copy);
}
