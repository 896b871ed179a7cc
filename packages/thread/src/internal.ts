/** What the packages of this library need of `Thread`, and users do not. It may change with any version. */
import { INTERNALS, type ThreadInternals } from "./api/thread-internals.js";
import type { Thread } from "./api/thread.js";

/** The operations on threads of the class `Thread` that `@x/thread` exports here: of the same copy of the package. */
export function internalsOf(Class: typeof Thread): ThreadInternals<Thread> {
  return Class[INTERNALS];
}
