/** The work of http-server.ts, in a module of its own, because each worker imports the module of its tasks. */
import { currentTask } from "@x/executor";
import { expose } from "@x/thread";

/** How many steps the work has, and so how often it tells its progress. */
export const STEPS = 10;

function isPrime(n: number): boolean {
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return false;
  return n > 1;
}

/** How many primes there are below a limit. Stops early if the client has gone away. */
export function countPrimes(below: number): number {
  const task = currentTask();
  let count = 0;
  for (let step = 0; step < STEPS; step++) {
    if (task?.cancelRequested === true) throw new Error("the client has gone away");
    const [from, to] = [Math.floor((below * step) / STEPS), Math.floor((below * (step + 1)) / STEPS)];
    for (let n = from; n < to; n++) if (isPrime(n)) count++;
    task?.progress((step + 1) / STEPS);
  }
  return count;
}

expose({ countPrimes });
