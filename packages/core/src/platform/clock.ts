/** The real clock and timers of this thread: the timers as they are when core is loaded, the clock from its first reading on. */
import { globalSlot } from "../global-slot.js";

/**
 * The real clock and timers, for blocking waits. Test runners replace a thread's clock and timers by
 * fakes, and a test moves the fakes. While the thread blocks, the test cannot move them.
 */
export interface Clock extends Timers {
  /** The start of the thread, in milliseconds since 1970. */
  readonly timeOrigin: number;
  /** Milliseconds since {@link timeOrigin}; monotonic. */
  now(): number;
}

export interface Timers {
  /**
   * Calls `callback` after `ms` milliseconds; returns a function that cancels it. Keeps the process
   * alive.
   */
  setTimer(callback: () => void, ms: number): () => void;
}

/**
 * A function replaced by fake timers of sinon, Jest or Vitest: `clock` holds the original
 * functions.
 */
interface Fake {
  readonly clock?: Readonly<Record<string, unknown>>;
}

interface Process {
  readonly getBuiltinModule?: (name: string) => unknown;
}

type Performance = Pick<typeof globalThis.performance, "now" | "timeOrigin">;

/** The real clock of this thread. */
export const clock: Clock = /* @__PURE__ */ globalSlot("clock 1", newClock);

/**
 * Takes the timers now, and on platforms without `node:perf_hooks` the real `performance`. Elsewhere it finds the real one
 * at the first reading: a worker of Node takes a millisecond to load that module, and some never read the clock.
 */
function newClock(): Clock {
  const { process } = globalThis as { process?: Process };
  const global = process?.getBuiltinModule === undefined ? globalThis.performance : undefined;
  let timeOrigin: number | undefined;
  /** The real `now`, after the first reading. Waits read the clock often, and a getter of Node takes ten times as long. */
  let read = (): number => {
    const performance = global ?? realPerformance(process!);
    timeOrigin = performance.timeOrigin;
    read = realNow(performance);
    return read();
  };
  return {
    get timeOrigin() {
      if (timeOrigin === undefined) read();
      return timeOrigin!;
    },
    now: () => read(),
    setTimer: timersOf(original(setTimeout, "_setTimeout"), original(clearTimeout, "_clearTimeout")),
  };
}

/**
 * The timers of the program now, fake or real. A fake `clearTimeout` cannot clear a real timer, nor
 * the other way round: so this keeps both functions.
 */
export function timersOfNow(): Timers {
  return { setTimer: timersOf(setTimeout, clearTimeout) };
}

function timersOf(set: typeof setTimeout, clear: typeof clearTimeout): Timers["setTimer"] {
  return (callback, ms) => {
    const timer = set(callback, ms);
    return () => clear(timer);
  };
}

/**
 * The real `performance`. Fake timers installed before core replace the global, but not the export
 * of `node:perf_hooks`.
 */
function realPerformance(process: Process): Performance {
  try {
    const hooks = process.getBuiltinModule?.("node:perf_hooks") as { performance?: Performance } | undefined;
    return hooks?.performance ?? performance;
  } catch {
    return performance; // this platform has no such module, or does not allow it
  }
}

/** The real `now`. A fake is an own property of the object; the real method is on its prototype. */
function realNow(performance: Performance): () => number {
  for (const holder of [Object.getPrototypeOf(performance) as Performance | null, performance]) {
    const now = holder?.now;
    if (typeof now !== "function") continue;
    try {
      now.call(performance);
      return now.bind(performance);
    } catch {
      // This `now` needs another object.
    }
  }
  return () => performance.now();
}

/** The function before fake timers replaced it. */
function original<F extends object>(func: F, key: string): F {
  const before = (func as Fake).clock?.[key];
  return typeof before === "function" ? (before as unknown as F) : func;
}
