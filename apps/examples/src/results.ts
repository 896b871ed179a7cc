/** Fibonacci, factorial and sum: first in turn, then each in a thread that keeps its result. */
import { expose, sleep } from "@x/thread";
import { now, seconds } from "./clock.js";
import { MyThread } from "./my-thread.js";

// The small sleeps stand for waits: for a disk, a network, a user.
function fib(x: number, second: number): number {
  sleep(0.005 * second);
  return x < 2 ? 1 : fib(x - 2, second) + fib(x - 1, second);
}

function fac(x: number, second: number): number {
  sleep(0.1 * second);
  return x < 2 ? 1 : x * fac(x - 1, second);
}

function sum(x: number, second: number): number {
  sleep(0.1 * second);
  return x < 2 ? 1 : x + sum(x - 1, second);
}

expose({ fib, fac, sum });

const N = 12;

/** @param second how many milliseconds a second lasts here */
export function main(second = 1000): void {
  const funcs = [fib, fac, sum];

  console.log("*** SINGLE THREAD");
  const single = performance.now();
  for (const func of funcs) {
    console.log(`starting ${func.name} at: ${now()}`);
    console.log(func(N, second));
    console.log(`${func.name} finished at: ${now()}`);
  }
  const threaded = performance.now();

  console.log("*** MULTIPLE THREADS");
  const threads = funcs.map((func) => new MyThread(func, [N, second], func.name));
  for (const thread of threads) thread.start();
  for (const thread of threads) {
    thread.join();
    console.log(thread.getResult());
  }
  const end = performance.now();

  console.log(`all DONE: single thread ${seconds(threaded - single)}, multiple threads ${seconds(end - threaded)}`);
}
