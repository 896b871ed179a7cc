/** The exit waiter: at its end it waits for the threads started here. */
import { root } from "./layout.js";

/**
 * The ident of the exit waiter: at its end it waits for the threads started here. It is main, or a
 * foreign worker. A foreign worker waits for its own threads, because it may be terminated, and they
 * end with it; main must not wait for them then.
 */
export let exitWaiter = root.ident;

export function getExitWaiter(): number {
  return exitWaiter;
}

/** Makes `ident` wait, from now on, for the threads started here. */
export function setExitWaiter(ident: number): void {
  exitWaiter = ident;
}
