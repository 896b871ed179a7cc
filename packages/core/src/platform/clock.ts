/** The clock and the timers of this thread as they were when core was loaded. */
import { globalSlot } from "../global-slot.js";

/**
 * Test runners replace the clock and the timers of a thread by ones that stand still until the test moves them. Nothing can move them while
 * the thread blocks, so blocking waits use these.
 */
export interface Clock extends Timers {
  /** The start of the thread, in milliseconds since 1970. */
  timeOrigin: number;
  /** Milliseconds since {@link timeOrigin}; never goes back. */
  now(): number;
}

export interface Timers {
  /** Calls back after `ms` milliseconds; returns how to call it off. Keeps the process alive. */
  setTimer(callback: () => void, ms: number): () => void;
}

/** What sinon's fake timers, which Jest and Vitest use too, leave on each function that they replace. */
interface Fake {
  readonly clock?: Readonly<Record<string, unknown>>;
}

type Performance = Pick<typeof globalThis.performance, "now" | "timeOrigin">;

/** The real clock of this thread. */
export const clock: Clock = /* @__PURE__ */ globalSlot("clock 1", newClock);

function newClock(): Clock {
  const performance = realPerformance();
  return {
    timeOrigin: performance.timeOrigin,
    now: realNow(performance),
    setTimer: timersOf(original(setTimeout, "_setTimeout"), original(clearTimeout, "_clearTimeout")),
  };
}

/** The timers that the program has now, fake or real. Fake ones do not know real ones, nor the other way round: so keep both functions. */
export function timersOfNow(): Timers {
  return { setTimer: timersOf(setTimeout, clearTimeout) };
}

function timersOf(set: typeof setTimeout, clear: typeof clearTimeout): Timers["setTimer"] {
  return (callback, ms) => {
    const timer = set(callback, ms);
    return () => clear(timer);
  };
}

/** Fake timers that were installed before core was loaded replace the global object, but not that of Node's module. */
function realPerformance(): Performance {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  try {
    const hooks = process?.getBuiltinModule?.("node:perf_hooks") as { performance?: Performance } | undefined;
    return hooks?.performance ?? performance;
  } catch {
    return performance; // not offered, or not allowed
  }
}

/** A `now` that was assigned hides that of the prototype, which goes on. */
function realNow(performance: Performance): () => number {
  for (const holder of [Object.getPrototypeOf(performance) as Performance | null, performance]) {
    const now = holder?.now;
    if (typeof now !== "function") continue;
    try {
      now.call(performance);
      return now.bind(performance);
    } catch {
      // It is not for this object.
    }
  }
  return () => performance.now();
}

/** What a function was before fake timers replaced it. */
function original<F extends object>(func: F, key: string): F {
  const before = (func as Fake).clock?.[key];
  return typeof before === "function" ? (before as unknown as F) : func;
}
