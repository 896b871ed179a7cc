/** Which thread waits at its end for the threads that are started here. */
import { root } from "./layout.js";

/**
 * The thread that waits, at its end, for those that are started here: main, or a worker that this library did not start. Such a worker waits
 * for its threads by itself: it may be terminated, and its threads with it, and main may not wait for them then.
 */
export let awaiter = root.ident;

export function awaiterHere(): number {
  return awaiter;
}

/** From now on, `ident` waits for those that are started here. */
export function assumeAwaiter(ident: number): void {
  awaiter = ident;
}
