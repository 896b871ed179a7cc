/** The same values in all threads, like Python's globals. */
import { describe, type Module, PACK, pack, ThreadError, unpack } from "@x/core";
import {
  forgetObject,
  ifItThrows,
  isSharedMemory,
  packToStay,
  values as platformValues,
  withModule,
  withoutReport,
  withPacked,
} from "@x/core/internal";
import { host } from "../platform/host.js";
import { knownSharedValue, putIfAbsent } from "../runtime/supervisor-client.js";

type Members = Readonly<Record<string, unknown>>;

type Made<T extends Members> = { readonly [K in keyof T]: T[K] extends () => infer R ? R : T[K] };

/**
 * Gives a module the same values in every thread.
 *
 *     export const { lock, tally, jobs } = sharedGlobals({
 *       lock: new Lock(),
 *       tally: new SharedValue(0),
 *       jobs: new Queue(),
 *     });
 *
 * A thread offers its values when it imports the module. The first thread wins, and all threads get its
 * values; the others let theirs go. Primitives, queues, shared objects and values of `@x/shared`,
 * threads and shared memory are the same in all threads.
 *
 * A value may be given by a function: `tally: () => new Int32Array(new SharedArrayBuffer(4))`. The
 * function runs only if its thread does not know the value yet, and should do nothing else. It may
 * return anything that can travel: each thread gets a copy of the first thread's value.
 *
 * The module is the file with the call of `sharedGlobals`. A helper may call it for another module. Then
 * it gives the address of the other module first: `sharedGlobals(import.meta.url, { … })`.
 *
 * In a browser the page and its threads may run two bundles. So a module has two addresses, and
 * threads find a value by its name alone: choose names unique in the program. A worker evaluates its
 * modules there before it gets its thread. So keep the returned object, and read its values in
 * functions: each value is looked up at its first read.
 *
 *     const shared = sharedGlobals({ lock: new Lock() });
 *     export const count = () => shared.lock.with(() => …);
 *
 * @throws TypeError if a member is a value that threads would copy, such as a number; if a function
 *   makes a value that cannot travel; or if the module has no address; ThreadError in a browser, if another
 *   module shares a value by that name, in a Web Worker that is no thread, or if a value is read before
 *   the thread begins
 * @see Python's module globals
 */
export function sharedGlobals<T extends Members>(members: T): Made<T>;
/** @param module its URL or path, or `import.meta` */
export function sharedGlobals<T extends Members>(module: Module | undefined, members: T): Made<T>;
export function sharedGlobals(...args: readonly unknown[]): Made<Members> {
  const [url, members] = withModule(args, sharedGlobals, "thread", "sharedGlobals");
  if (typeof members !== "object" || members === null) {
    throw new TypeError(`thread: sharedGlobals takes an object of values, got ${describe(members)}`);
  }
  const entries = Object.entries(members as Members);
  for (const [name, member] of entries) checkMember(name, member);
  const all = entries.map(([name, member]) => ({ name, make: makerOf(member), key: keyOf(url, name, member) }));
  if (host().awaitsRole?.() === true) return all.reduce(withLater, {});
  return Object.fromEntries(all.map((shared) => [shared.name, valueOf(shared)]));
}

/** A shared value. */
interface Shared {
  readonly name: string;
  readonly make: () => unknown;
  readonly key: string;
}

/** A number, say, would be a constant: if a thread changes its copy, nothing changes elsewhere. */
function checkMember(name: string, member: unknown): void {
  if (typeof member === "function" || ifItThrows(false, () => isReference(member))) return;
  throw new TypeError(
    `thread: shared ${name} is ${describe(member)}, and each thread would have a copy; ` +
      `write ${name}: new SharedValue(…) with the class of @x/shared, or a function for a value that never changes`,
  );
}

/** Is it the same in all threads? */
function isReference(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return PACK in value || isSharedMemory(value) || (ArrayBuffer.isView(value) && isSharedMemory(value.buffer));
}

function makerOf(member: unknown): () => unknown {
  return typeof member === "function" ? (member as () => unknown) : () => member;
}

function valueOf({ name, make, key }: Shared): unknown {
  const known = knownSharedValue(key);
  if (known !== undefined) return unpack(known);
  const candidate = withoutReport(make);
  const { result, packed } = withPacked(() => packToStay(() => pack(candidate, `shared ${name}`)));
  const value = putIfAbsent(key, result);
  if (value === undefined) return candidate;
  // The candidate may have lost. Then nothing may keep it, because each thread makes one.
  const forget = (): void => packed.forEach(forgetObject);
  if (!isReference(candidate)) forget();
  const first = unpack(value);
  if (isReference(candidate) && first !== candidate) forget();
  return first;
}

/** Adds a field. It gets its value at its first read. */
function withLater(values: Made<Members>, shared: Shared): Made<Members> {
  const { name } = shared;
  const define = (field: PropertyDescriptor): object =>
    Object.defineProperty(values, name, { ...field, enumerable: true, configurable: true });
  const get = (): unknown => {
    if (host().awaitsRole?.() === true) {
      throw new ThreadError(
        `thread: shared ${name} is read before its thread begins, because a worker of a page evaluates its modules first; ` +
          `keep the object that sharedGlobals returns, and read its ${name} in a function; a worker that is no thread has no shared ` +
          "values: start it as a Thread",
      );
    }
    const value = valueOf(shared);
    define({ value, writable: true });
    return value;
  };
  return define({ get }) as Made<Members>;
}

/** In a browser: the module, and the maker, of each name in this thread. */
const sharedHere = new Map<string, string>();

/** The key of a shared value: the same in all threads. */
function keyOf(url: string, name: string, member: unknown): string {
  if (!platformValues.threadsHaveTheirOwnBundle) return `${url}#${name}`;
  const source = typeof member === "function" ? `${url} ${String(member)}` : url;
  const known = sharedHere.get(name) ?? source;
  sharedHere.set(name, known);
  if (known === source) return `#${name}`;
  throw new ThreadError(
    `thread: another module shares something by the name ${name}; in a browser each name is unique in the program: choose another name`,
  );
}
