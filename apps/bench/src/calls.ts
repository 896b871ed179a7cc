/** Measuring one thread's calls. Each contestant has a process of its own, so the engine sees one `call` and inlines it. */
import type { Measure } from "./row.js";

/** So many at a time that reading the clock does not count. */
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

/** ns per turn of a loop that awaits. The contestant has the loop, as to await a call of its turn would take longer than the turn. */
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

/** us per call of something that takes so long that the clock may be read each time. */
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
