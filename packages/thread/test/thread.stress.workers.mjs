/** The targets of thread.stress.ts. */
import { currentThread, enumerate, expose, sleep, terminate, Thread, ThreadError } from "@x/thread";

export const BEGUN = 1;
export const DONE = 2;
const LONG = 10_000;

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ends in the way of its kind. */
export async function child(kind, n, total) {
  Atomics.add(total, BEGUN, 1);
  if (kind === "nap") sleep(n % 4);
  if (kind === "async") await new Promise((resolve) => setTimeout(resolve, n % 4));
  Atomics.add(total, DONE, 1);
  if (kind === "throw") throw new RangeError(String(n));
  if (kind === "exit") process.exit(n % 100);
  return n;
}

const KINDS = ["plain", "plain", "nap", "async", "throw", "exit"];

/** Does random things to its own threads. Returns the number of started threads, and the errors. */
export function agent(seed, steps, depth, total) {
  const random = randomFrom(seed);
  const below = (n) => Math.floor(random() * n);
  const children = [];
  const wrong = [];
  let started = 0;

  for (let step = 0; step < steps; step++) {
    const what = below(10);
    const some = children[below(children.length || 1)];
    if (what < 5 || some === undefined) {
      const kind = depth > 0 && below(12) === 0 ? "agent" : KINDS[below(KINDS.length)];
      const n = below(1000);
      const thread =
        kind === "agent"
          ? new Thread({ target: agent, args: [seed * 31 + n, steps >> 1, depth - 1, total] })
          : new Thread({ target: child, args: [kind, n, total], daemon: below(2) === 0 });
      children.push({ kind, n, thread: thread.start(), terminated: false });
      started++;
    } else if (what < 7) some.thread.join(below(3));
    else if (what < 8) {
      some.terminated = true;
      terminate(some.thread);
    } else if (what < 9) some.thread.name = `renamed ${step}`;
    else if (!enumerate().includes(currentThread())) wrong.push("not listed itself");
  }
  for (const { kind, n, thread, terminated } of children) {
    if (!thread.join(LONG)) wrong.push(`${thread} did not end`);
    if (enumerate().includes(thread)) wrong.push(`${thread} is listed after its join`);
    try {
      const result = thread.result(0);
      if (kind === "agent") {
        wrong.push(...result.wrong);
        started += result.started;
      } else if (kind === "throw" || kind === "exit" || result !== n) wrong.push(`${kind} ${n} returned ${result}`);
    } catch (error) {
      const expected =
        (terminated && error instanceof ThreadError && /was terminated$/.test(error.message)) ||
        (kind === "throw" && error instanceof RangeError && error.message === String(n)) ||
        (kind === "exit" && error instanceof ThreadError && error.message.endsWith(`process.exit(${n % 100})`));
      if (!expected) wrong.push(`${kind} ${n} threw ${error.stack}`);
    }
  }
  return { started, wrong };
}

/** Starts and joins threads in an endless loop. */
export function starter(flags) {
  for (;;) new Thread({ target: child, args: ["plain", 1, flags], daemon: true }).start().join(LONG);
}
export function killAll(threads) {
  for (const thread of threads) terminate(thread);
}

expose({ child, agent, starter, killAll });
