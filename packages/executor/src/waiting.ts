/** Waits for several futures, of one or more executors. */
import { block, type Blocker, Deadline, type Steps, WAITED_ON_WORDS } from "@x/core";
import { newSharedMemory } from "@x/core/internal";
import { friends, type Future } from "./future.js";
import { NAP_MS, Submitter } from "./submitter.js";

/** Calls `fn` once, when the future is settled in this thread; now if it is. The returned function undoes it. */
export function whenSettled(future: Future<unknown>, fn: () => void): () => void {
  return friends.whenSettled(future as Future<never>, fn);
}

/** Has it ended with an error? */
export function hasFailed(future: Future<unknown>): boolean {
  return friends.outcome(future as Future<never>)?.isError === true;
}

/** The sources of the futures' results: this thread's submitters at their executors. */
export function sourcesOf(futures: Iterable<Future<unknown>>): Set<Submitter> {
  const submitters = new Set<Submitter>();
  for (const future of futures) {
    const source = friends.source(future as Future<never>);
    if (source instanceof Submitter) submitters.add(source);
  }
  return submitters;
}

/**
 * Blocks until `isEnough()` is true; asks it again after each arrival. False if the time ran out first.
 *
 * @param submitters of the futures that `isEnough` looks at
 * @param twin the async form, for the error where blocking is forbidden
 */
export function waitUntil(
  submitters: ReadonlySet<Submitter>,
  isEnough: () => boolean,
  deadline: Deadline,
  on: Blocker,
  twin: string,
): boolean {
  for (const submitter of submitters) submitter.receive();
  if (isEnough()) return true;
  if (deadline.expired()) return false;
  const [first, ...others] = submitters;
  // Without a source nothing can arrive while this thread blocks.
  if (first === undefined) return block(waitingForNothing(deadline), on, twin);
  if (others.length === 0) return first.waitFor(isEnough, deadline, on, twin);
  for (;;) {
    const isDone = first.waitFor(isEnough, deadline.orSooner(Deadline.after(NAP_MS)), on, twin);
    if (isDone) return true;
    for (const other of others) other.receive();
    if (isEnough()) return true;
    if (deadline.expired()) return false;
  }
}

function* waitingForNothing(deadline: Deadline): Steps<boolean> {
  const words = new Int32Array(newSharedMemory(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT));
  while (!deadline.expired()) yield { words, index: 0, value: 0, deadline };
  return false;
}
