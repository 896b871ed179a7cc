/** What the packages of this library need of `Thread`, and users do not. It may change with any version. */
import type { INTERNALS, ThreadInternals } from "./api/thread-internals.js";
import type { Thread } from "./api/thread.js";

/** The same symbol as in api/thread-internals.ts. Written again, because an import would make a third file that both entries load. */
const KEY: typeof INTERNALS = Symbol.for("@x/thread internals") as never;

/** The operations on threads of the class `Thread` that `@x/thread` exports here: of the same copy of the package. */
export function internalsOf(Class: typeof Thread): ThreadInternals<Thread> {
  return Class[KEY];
}
