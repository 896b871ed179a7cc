/** A lock that is rarely free, because many threads take turns with it. */
import { LONG, watchdog } from "@x/testkit";
import { Lock, Semaphore, Thread } from "@x/threading";
import { afterEach, expect, it } from "vitest";
import { takesTurns } from "./threading.workers.mjs";

watchdog();

const THREADS = 9;
/** Each turn is longer than main sleeps between checks of the supervisor. */
const TURN_MS = 100;

const over = new Int32Array(new SharedArrayBuffer(4));
const threads: Thread[] = [];
afterEach(() => {
  Atomics.store(over, 0, 1);
  for (const thread of threads.splice(0)) expect(thread.join(LONG)).toBe(true);
  Atomics.store(over, 0, 0);
});

it.each([
  ["Lock", () => new Lock()],
  ["Semaphore", () => new Semaphore()],
] as const)("main gets a %s among waiting threads, also while it checks the supervisor", (_, make) => {
  const what: Lock | Semaphore = make();
  for (let n = 0; n < THREADS; n++)
    threads.push(new Thread({ target: takesTurns, args: [what, over, TURN_MS] }).start());
  for (let time = 0; time < 2; time++) {
    expect(what.acquire(LONG)).toBe(true);
    what.release();
  }
});
