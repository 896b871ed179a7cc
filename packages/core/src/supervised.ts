/**
 * A thread may die while another waits for it: before it has released, or between what it changed and the wake that was to follow.
 * Nobody can tell from the words alone. So a thread that has waited for long keeps a vigil: it tells whoever can see threads die
 * what it sleeps on, and is woken, to look again, whenever one has died. `@x/thread`'s supervisor is the one who can.
 */
import { realm, type Obituary, type Supervision } from "./realm.js";

/** Says who sees the deaths of threads, and keeps those company that wait for long; undefined if nobody does. */
export function supervisedBy(supervision: Supervision | undefined): void {
  realm.supervision = supervision;
}

/** Who died, and of what, if the thread of this number is known to have died rather than ended. */
export function obituaryOf(ident: number): Obituary | undefined {
  return realm.supervision?.obituaryOf(ident);
}
