/**
 * Copies of one package in one thread: linked and followed by two paths, bundled into two files, ESM beside CommonJS, installed twice.
 * What such a package keeps of its thread (which thread runs here, which objects stand for others) must be kept once. So the copy that
 * is loaded first works for all: each later one hands out what the first has, and keeps nothing.
 *
 * A later copy may be a newer version, and offer what the first does not know. Then both work, each for the modules that import it, as two
 * realms in one thread do.
 */
import { globalSlot } from "./global-slot.js";

/** The copies that work for all copies, by package. */
const copiesOf = /* @__PURE__ */ globalSlot("copies 1", () => new Map<string, object[]>());

/**
 * The exports to hand out: those of the first copy in this thread that has all that `own` has, or else `own`.
 *
 * @param name of the package, with the number of what its copies must agree on: `@x/thread 1`
 * @param onFirst is called, before this returns, if it is `own`
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

/** Has it each name that `own` has, and each member of the classes among them? */
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
