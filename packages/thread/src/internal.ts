/** The part of `Thread` for the packages of this library, not for users. It may change with any version. */
import type { INTERNALS, ThreadInternals } from "./api/thread-internals.js";
import type { Thread } from "./api/thread.js";

/** The symbol of api/thread-internals.ts. Written again: an import would make a third file, loaded by both entries. */
const KEY: typeof INTERNALS = Symbol.for("@x/thread internals") as never;

/** The operations on threads of the class `Thread`, exported by `@x/thread` here: of the same copy of the package. */
export function internalsOf(Class: typeof Thread): ThreadInternals<Thread> {
  return Class[KEY];
}
