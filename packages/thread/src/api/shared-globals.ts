/** Values that are the same in all threads, like Python's globals. */
import { checkFunction, describe, type Module, pack, unpack } from "@x/core";
import { moduleURL, withoutReport } from "@x/core/internal";
import { putIfAbsent } from "../runtime/supervisor-client.js";

/**
 * Gives a module values that are one and the same in every thread that imports it.
 *
 *     export const { lock, tally } = sharedGlobals(import.meta, {
 *       lock: () => new Lock(),
 *       tally: () => new Int32Array(new SharedArrayBuffer(4)),
 *     });
 *
 * Each thread that imports the module calls the functions, and offers what they return; whoever is
 * first wins, and all get the winner's. So they should make something new and do nothing else.
 * Locks, events, semaphores, threads and shared memory are the same in all threads; anything else
 * is a copy of the same value.
 *
 * @throws TypeError if a member is no function, or makes what cannot travel
 * @see Python's module globals
 */
export function sharedGlobals<T extends Readonly<Record<string, () => unknown>>>(
  module: Module,
  makers: T,
): { readonly [K in keyof T]: ReturnType<T[K]> } {
  const url = moduleURL(module, "thread");
  if (typeof makers !== "object" || makers === null) {
    throw new TypeError(`thread: sharedGlobals takes an object of functions, got ${describe(makers)}`);
  }
  const entries = Object.entries(makers);
  for (const [name, make] of entries) checkFunction(make, `shared ${name}`, "thread");
  const values = entries.map(([name, make]): [string, unknown] => {
    const candidate = withoutReport(make);
    const value = putIfAbsent(`${url}#${name}`, pack(candidate, `shared ${name}`));
    return [name, value === undefined ? candidate : unpack(value)];
  });
  return Object.fromEntries(values) as { [K in keyof T]: ReturnType<T[K]> };
}
