/** A page for one scenario: /scenario.html?scenario=awaits. Leaves "yes", or what it has seen, in `globalThis.result`. */
import type * as Primitives from "./primitives.js";

type All = typeof Primitives;

const ROUNDS = 1000;
const WORKERS = 2;
const TIMES = 8;
const BUSY = 6;
/** The third announcement comes ten seconds after the end. */
const ANNOUNCED_MS = 20_000;

/** Counts the shared memory that is made from here on. */
function countMemory(): { readonly made: number } {
  const count = { made: 0 };
  const { SharedArrayBuffer: Real } = globalThis;
  if (Real === undefined) return count;
  globalThis.SharedArrayBuffer = class extends Real {
    constructor(length = 0, options?: { maxByteLength?: number }) {
      super(length, options);
      count.made++;
    }
  };
  return count;
}

function textOf(body: () => unknown): string {
  try {
    body();
    return "no error";
  } catch (error) {
    return String(error);
  }
}

function makesOf({ Lock, RLock, Event, Semaphore, BoundedSemaphore, Condition, Barrier }: All): (() => unknown)[] {
  return [
    ...[Lock, RLock, Event, Condition].map((Class) => () => new Class()),
    ...[Semaphore, BoundedSemaphore].map((Class) => () => new Class(1)),
    () => new Barrier(2),
  ];
}

/** The one text of all errors, or all texts. */
async function bareText(): Promise<string> {
  const all = await import("./primitives.js");
  const texts = new Set(makesOf(all).map(textOf));
  return [...texts].join(" | ");
}

const SCENARIOS: Readonly<Record<string, () => Promise<string>>> = {
  /** An import allocates nothing; the first primitive does. */
  async imports() {
    const count = countMemory();
    const { Lock } = await import("./primitives.js");
    const before = count.made;
    new Lock();
    return before === 0 && count.made === 1 ? "yes" : `${before} buffers after the import, then ${count.made}`;
  },

  /** An import of all that `@x/threading` exports. */
  async importsAll() {
    const count = countMemory();
    const { Thread, Timer } = await import("@x/threading");
    await import("@x/threading/worker");
    const isWhole = typeof Thread === "function" && typeof Timer === "function";
    return isWhole && count.made === 0 ? "yes" : `${count.made} buffers after the import`;
  },

  /** A start that fails is told once: it is thrown if the start is awaited, and reported otherwise. */
  async missingFile() {
    const { Thread, threadsRun } = await import("@x/threading");
    const reports: string[] = [];
    console.error = (text: string) => void reports.push(text);
    threadsRun(() => new Worker("data:text/javascript,throw new RangeError('boom')", { type: "module" }));
    const awaited = await new Thread({ target: () => 1 }).startAsync().then(
      () => "no error",
      (error: unknown) => String(error),
    );
    const told = /RangeError: boom/.test(awaited) && reports.length === 0;
    const thread = new Thread({ target: () => 1 }).start();
    await thread.joinAsync(10_000);
    const isReported = reports.length === 1 && reports[0]!.split("boom").length === 2;
    return told && isReported ? "yes" : JSON.stringify([awaited, reports]);
  },

  /** No wake is lost to a terminated thread, though it slept; its death is announced three times. */
  async terminatedAsleep() {
    const { Thread, threadsRun } = await import("@x/threading");
    const { deathCount } = await import("@x/core/internal");
    const { countLost } = await import("./asleep.js");
    threadsRun(() => new Worker("./scenario-thread.js", { type: "module" }));
    // A thread that has to wait for a core leaves its wait late.
    const computes = URL.createObjectURL(new Blob(["for (;;);"]));
    const busy = Array.from({ length: BUSY }, () => new Worker(computes));
    const announced = deathCount() + 3 * 2 * TIMES;
    const count = await new Thread({ target: countLost, args: [TIMES] }).start().resultAsync();
    for (const worker of busy) worker.terminate();
    if (count > 0) return `${count} of ${2 * TIMES} wakes are lost`;
    for (const end = performance.now() + ANNOUNCED_MS; deathCount() < announced;) {
      if (performance.now() > end) return `${announced - deathCount()} announcements of deaths are missing`;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return "yes";
  },

  /** The errors of all primitives in a page without shared memory. */
  bare: bareText,

  /** The same where the browser lacks it. */
  async old() {
    delete (globalThis as { SharedArrayBuffer?: unknown }).SharedArrayBuffer;
    return bareText();
  },

  async withoutWaitAsync() {
    delete (Atomics as { waitAsync?: unknown }).waitAsync;
    const { Lock } = await import("./primitives.js");
    const lock = new Lock();
    await lock.acquireAsync();
    return lock.acquireAsync().then(
      () => "no error",
      (error: unknown) => String(error),
    );
  },

  /** A page that awaits and workers that block share primitives. */
  async awaits() {
    const { Lock, Event, Semaphore } = await import("./primitives.js");
    const [lock, event, done] = [new Lock(), new Event(), new Semaphore(0)];
    const words = new Int32Array(new SharedArrayBuffer(8));
    const workers = Array.from({ length: WORKERS }, () => {
      const worker = new Worker("./scenario-worker.js", { type: "module" });
      const shared = { lock: lock.share(), event: event.share(), done: done.share(), words, rounds: ROUNDS };
      worker.postMessage(shared);
      return worker;
    });
    for (let i = 0; i < ROUNDS; i++) await lock.withAsync(() => void words[0]!++);
    for (let i = 0; i < WORKERS; i++) await done.acquireAsync();
    event.set();
    for (let i = 0; i < WORKERS; i++) await done.acquireAsync();
    lock.acquire();
    const seen = {
      count: words[0],
      differ: words[1] !== 0,
      blocking: textOf(() => lock.acquire()),
      timedOut: await lock.acquireAsync(20),
      aborted: await lock.acquireAsync({ signal: AbortSignal.abort("enough") }).catch((reason: unknown) => reason),
    };
    for (const worker of workers) worker.terminate();
    const expected = {
      count: (WORKERS + 1) * ROUNDS,
      differ: true,
      blocking: "ThreadError: lock: this thread may not block; use acquireAsync()",
      timedOut: false,
      aborted: "enough",
    };
    return JSON.stringify(seen) === JSON.stringify(expected) ? "yes" : JSON.stringify(seen);
  },
};

const name = new URLSearchParams(location.search).get("scenario")!;
(globalThis as { result?: unknown }).result = SCENARIOS[name]!();
