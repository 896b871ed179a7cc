/**
 * Measures the calls of a single thread. Each contestant has its own process, so V8 sees only one
 * `call` and inlines it.
 */
import type { Measure } from "./row.js";

/** 1000 calls between two reads of the clock: the read costs nothing then. */
const BATCH = 1000;

/** ns per call. */
export function perCall(call: () => unknown): Measure {
  return (ms) => {
    const begin = performance.now();
    let calls = 0;
    let took: number;
    do {
      for (let i = 0; i < BATCH; i++) call();
      calls += BATCH;
      took = performance.now() - begin;
    } while (took < ms);
    return (took * 1e6) / calls;
  };
}

/**
 * ns per turn of an awaiting loop. The contestant has the loop: an await of a call per turn would
 * take longer than the turn.
 */
export function perAwaitedTurn(turns: (count: number) => Promise<void>): Measure {
  return async (ms) => {
    const begin = performance.now();
    let done = 0;
    let took: number;
    do {
      await turns(BATCH);
      done += BATCH;
      took = performance.now() - begin;
    } while (took < ms);
    return (took * 1e6) / done;
  };
}

/** us per call, for calls long enough to read the clock after each. */
export function perLongCall(call: () => unknown): Measure {
  return async (ms) => {
    const begin = performance.now();
    let calls = 0;
    let took: number;
    do {
      await call();
      calls++;
      took = performance.now() - begin;
    } while (took < ms);
    return (took * 1e3) / calls;
  };
}

/**
 * us per task, of rounds in which so many tasks are submitted before the first result is awaited. Rounds go on for the
 * whole turn, so that the warm-up warms: a single round of 2,000 tasks took five times as long as the hundredth.
 */
export function perTask(tasks: number, submit: (index: number) => PromiseLike<unknown>): Measure {
  return async (ms) => {
    const begin = performance.now();
    let done = 0;
    let took: number;
    do {
      const results = Array.from({ length: tasks }, (_, index) => submit(index));
      for (const result of results) await result;
      done += tasks;
      took = performance.now() - begin;
    } while (took < ms);
    return (took * 1e3) / done;
  };
}
