/** Two printers with different delays: as raw threads, as Threads without a join, and joined. */
import { Semaphore } from "@x/semaphore";
import { expose, sleep, startNewThread, Thread } from "@x/thread";
import { now } from "./clock.js";

function threadDelay(name: string, delay: number): void {
  for (let count = 0; count < 3; count++) {
    sleep(delay);
    console.log(`${name} --> ${now()}`);
  }
}

/** A raw thread cannot be joined, so it reports its end itself. */
function rawDelay(name: string, delay: number, done: Semaphore): void {
  threadDelay(name, delay);
  done.release();
}

expose({ threadDelay, rawDelay });

function raw(t1: number, t2: number): void {
  console.log("startNewThread");
  const done = new Semaphore(0);
  startNewThread(rawDelay, ["t1", t1, done]);
  startNewThread(rawDelay, ["t2", t2, done]);
  for (let i = 0; i < 2; i++) done.acquire();
}

function withThreads(t1: number, t2: number, join: boolean): void {
  console.log(join ? "Thread, with join" : "Thread, without join");
  const threads = [
    new Thread({ target: threadDelay, args: ["t1", t1] }).start(),
    new Thread({ target: threadDelay, args: ["t2", t2] }).start(),
  ];
  if (join) for (const thread of threads) thread.join();
  console.log("Thread execution is complete!"); // not true yet, because there was no join
  if (!join) for (const thread of threads) thread.join(); // only keeps the output of the next part apart
}

/** @param t1, t2 the delays of the two, in milliseconds */
export function main(t1 = 1000, t2 = 3000): void {
  raw(t1, t2);
  withThreads(t1, t2, false);
  withThreads(t1, t2, true);
}
