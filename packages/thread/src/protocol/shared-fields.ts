/**
 * Shared fields. The class of a thread names them in `static shared`; they are the same on both sides from the
 * start on.
 *
 * Their values live in a single shared object. The thread's object has an accessor for each name, to read and
 * write it. The shared object travels as a field of its own. So if another thread gets the thread, it gets the
 * shared object, too.
 */
import { type Callable, describe, ThreadError } from "@x/core";
import { sharedFieldsFrom } from "@x/core/internal";

type Fields = Record<string, unknown>;

/** The shared object travels in a field of this name. */
const TRAVELS_AS = "@x/thread shared fields";

/** The shared objects, by the thread's object. */
const sharedObjects = new WeakMap<object, Fields>();

/**
 * Moves the named fields of a starting thread into a shared object.
 *
 * @throws TypeError if `static shared` is no list of names of fields; ThreadError if @x/shared is not loaded
 */
export function shareFields(thread: object, base: Callable): void {
  if (sharedObjects.has(thread)) return;
  const names = sharedNames(thread.constructor as Callable, base);
  if (names.length === 0) return;
  const own = thread as Fields;
  const shared = sharedFieldsFrom(Object.fromEntries(names.map((name) => [name, own[name]])));
  if (shared !== undefined) return connect(thread, shared as Fields, names);
  const { name } = thread.constructor;
  throw new ThreadError(
    `thread: ${name} shares its ${names.join(", ")}, which needs @x/shared; write static shared = sharedFields(${names.map((field) => JSON.stringify(field)).join(", ")}), with sharedFields from @x/shared`,
  );
}

/** A field with the shared object, for {@link takeSharedFields}; none if the thread has no shared object. */
export function sharedFieldsOf(thread: object): Fields | undefined {
  const shared = sharedObjects.get(thread);
  return shared && { [TRAVELS_AS]: shared };
}

/** Takes the shared object out of arrived fields, and returns the other fields. */
export function takeSharedFields(thread: object, fields: Readonly<Fields>): Readonly<Fields> {
  const { [TRAVELS_AS]: travelled, ...others } = fields;
  if (travelled === undefined) return fields;
  const shared = travelled as Fields;
  if (!sharedObjects.has(thread)) connect(thread, shared, Object.keys(shared));
  return others;
}

function connect(thread: object, shared: Fields, names: readonly string[]): void {
  sharedObjects.set(thread, shared);
  for (const name of names) {
    Object.defineProperty(thread, name, {
      get: () => shared[name],
      set(value) {
        shared[name] = value;
      },
      enumerable: false, // else the field would travel, too
      configurable: true,
    });
  }
}

/** The names in `static shared` of a class, and of the classes above it. */
function sharedNames(Class: Callable, base: Callable): readonly string[] {
  const names = new Set<string>();
  for (let C = Class; C !== base; C = Object.getPrototypeOf(C) as Callable) {
    if (!Object.hasOwn(C, "shared")) continue;
    const { shared } = C as { shared?: unknown };
    if (!Array.isArray(shared)) throw notNames(C, shared);
    for (const name of shared as unknown[]) {
      if (typeof name !== "string") throw notNames(C, name);
      if (name in (base as { prototype: object }).prototype)
        throw new TypeError(`thread: ${C.name} shares ${name}, which all threads know anyway; leave it out`);
      names.add(name);
    }
  }
  return [...names];
}

function notNames(Class: Callable, value: unknown): TypeError {
  return new TypeError(
    `thread: expected the names of fields in static shared of ${Class.name}, got ${describe(value)}; write static shared = ["running"]`,
  );
}
