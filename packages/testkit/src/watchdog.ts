/**
 * Ends a test that blocks the main thread. The runner would hang for ever, because its timers no
 * longer fire. The watchdog is a worker: it knows the running test and its limit, prints the test's
 * name, and ends the process.
 */
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach } from "vitest";

/** The grace after a test's own limit. Unless it is blocked, the runner ends the test first. */
const GRACE = 5_000;

const NAME_BYTES = 1024;

/** Changes with each beginning and end of a test. */
const TURN = 0;
/** The limit of the test, in milliseconds; 0 between tests. */
const LIMIT = 1;
const NAME_LENGTH = 2;
const WORDS = 3;

let words: Int32Array | undefined;

/** Watches every test of the file, or of the `describe` block around the call. */
export function watchdog(limit?: number): void {
  beforeEach(({ task }) => watch(fullName(task), limit ?? task.timeout + GRACE));
  afterEach(() => watch("", 0));
}

function watch(name: string, limit: number): void {
  words ??= start();
  const text = new TextEncoder().encode(name).subarray(0, NAME_BYTES);
  new Uint8Array(words.buffer, WORDS * Int32Array.BYTES_PER_ELEMENT).set(text);
  Atomics.store(words, NAME_LENGTH, text.length);
  Atomics.store(words, LIMIT, limit);
  Atomics.add(words, TURN, 1);
  Atomics.notify(words, TURN);
}

function fullName({ name, suite, file }: Named): string {
  return suite === undefined ? `${file?.name ?? ""} > ${name}` : `${fullName({ ...suite, file })} > ${name}`;
}

interface Named {
  readonly name: string;
  readonly suite?: Named | undefined;
  readonly file?: { readonly name: string } | undefined;
}

function start(): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT + NAME_BYTES));
  const dog = `
    const { workerData: words } = require("node:worker_threads");
    for (;;) {
      const turn = Atomics.load(words, ${TURN});
      const limit = Atomics.load(words, ${LIMIT});
      if (Atomics.wait(words, ${TURN}, turn, limit || Infinity) !== "timed-out") continue;
      const name = Buffer.from(words.buffer, ${WORDS * 4}, words[${NAME_LENGTH}]).toString();
      require("node:fs").writeSync(2, "\\nwatchdog: stuck for " + limit + " ms, the process ends: " + name + "\\n");
      process.kill(process.pid, "SIGKILL");
    }`;
  new Worker(dog, { eval: true, workerData: shared, name: "watchdog" }).unref();
  return shared;
}
