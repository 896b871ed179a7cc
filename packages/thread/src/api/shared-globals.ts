/** Values that are the same in all threads, like Python's globals. */
import { checkFunction, describe, type Module, pack, ThreadError, unpack } from "@x/core";
import { values as platformValues, withModule, withoutReport } from "@x/core/internal";
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
 * evaluates its modules before it gets its thread there, so call it in a function.
 *
 * @throws TypeError if a member is no function, makes a value that cannot travel, or if the module
 *   has no address; ThreadError in a browser, if another module shares a value by that name, or in a
 *   Web Worker that is no thread
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
  const values = entries.map(([name, make]): [string, unknown] => {
    const candidate = withoutReport(make);
    const value = putIfAbsent(keyOf(url, name, make), pack(candidate, `shared ${name}`));
    return [name, value === undefined ? candidate : unpack(value)];
  });
  return Object.fromEntries(values);
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
