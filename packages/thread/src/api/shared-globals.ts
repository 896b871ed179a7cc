/** Values that are the same in all threads, like Python's globals. */
import { checkFunction, describe, type Module, pack, ThreadError, unpack } from "@x/core";
import { values as platformValues, withModule, withoutReport } from "@x/core/internal";
import { host } from "../platform/host.js";
import { putIfAbsent } from "../runtime/supervisor-client.js";

type Makers = Readonly<Record<string, () => unknown>>;

type Made<T extends Makers> = { readonly [K in keyof T]: ReturnType<T[K]> };

/**
 * Gives a module values that are the same in every thread that imports it.
 *
 *     export const { lock, tally } = sharedGlobals({
 *       lock: () => new Lock(),
 *       tally: () => new Int32Array(new SharedArrayBuffer(4)),
 *     });
 *
 * Each thread that imports the module calls the functions, and offers what they return. The first
 * thread wins, and all threads get its values. So each function should make something new, and do
 * nothing else. Locks, events, semaphores, threads and shared memory are the same in all threads;
 * anything else is a copy of the same value.
 *
 * The module is the file that calls `sharedGlobals`. A helper that calls it for another module gives
 * that module's address first: `sharedGlobals(import.meta.url, { … })`.
 *
 * In a browser the page and its threads may run two bundles, so a module has two addresses, and
 * threads find a value by its name alone: choose names that are unique in the program. A worker
 * evaluates its modules there before it gets its thread. So keep the returned object, and read its
 * values in functions: each value is made, or found, as it is read first.
 *
 *     const shared = sharedGlobals({ lock: () => new Lock() });
 *     export const count = () => shared.lock.with(() => …);
 *
 * @throws TypeError if a member is no function, makes a value that cannot travel, or if the module
 *   has no address; ThreadError in a browser, if another module shares a value by that name, in a
 *   Web Worker that is no thread, or if a value is read before the thread begins
 * @see Python's module globals
 */
export function sharedGlobals<T extends Makers>(makers: T): Made<T>;
/** @param module its URL or path, or `import.meta` */
export function sharedGlobals<T extends Makers>(module: Module | undefined, makers: T): Made<T>;
export function sharedGlobals(...args: readonly unknown[]): Made<Makers> {
  const [url, makers] = withModule(args, sharedGlobals, "thread", "sharedGlobals");
  if (typeof makers !== "object" || makers === null) {
    throw new TypeError(`thread: sharedGlobals takes an object of functions, got ${describe(makers)}`);
  }
  const entries = Object.entries(makers as Makers);
  for (const [name, make] of entries) checkFunction(make, `shared ${name}`, "thread");
  const keyed = entries.map(([name, make]) => ({ name, make, key: keyOf(url, name, make) }));
  if (host().awaitsRole?.() === true) return keyed.reduce(withLater, {});
  return Object.fromEntries(keyed.map((shared) => [shared.name, valueOf(shared)]));
}

/** A shared value. */
interface Shared {
  readonly name: string;
  readonly make: () => unknown;
  readonly key: string;
}

function valueOf({ name, make, key }: Shared): unknown {
  const candidate = withoutReport(make);
  const value = putIfAbsent(key, pack(candidate, `shared ${name}`));
  return value === undefined ? candidate : unpack(value);
}

/** Adds a field that gets its value as it is read first. */
function withLater(values: Made<Makers>, shared: Shared): Made<Makers> {
  const { name } = shared;
  const define = (field: PropertyDescriptor): object =>
    Object.defineProperty(values, name, { ...field, enumerable: true, configurable: true });
  const get = (): unknown => {
    if (host().awaitsRole?.() === true) {
      throw new ThreadError(
        `thread: shared ${name} is read before its thread begins, because a worker of a page evaluates its modules first; ` +
          `keep the object that sharedGlobals returns, and read its ${name} in a function`,
      );
    }
    const value = valueOf(shared);
    define({ value, writable: true });
    return value;
  };
  return define({ get }) as Made<Makers>;
}

/** In a browser: the module and the maker of each name in this thread. */
const sharedHere = new Map<string, string>();

/** The key of a shared value: the same in all threads. */
function keyOf(url: string, name: string, make: () => unknown): string {
  if (!platformValues.threadsHaveTheirOwnBundle) return `${url}#${name}`;
  const source = `${url} ${String(make)}`;
  const known = sharedHere.get(name) ?? source;
  sharedHere.set(name, known);
  if (known === source) return `#${name}`;
  throw new ThreadError(
    `thread: another module shares something by the name ${name}; in a browser each name is unique in the program: choose another name`,
  );
}
