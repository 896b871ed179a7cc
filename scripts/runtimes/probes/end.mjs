// The end of a program: main has ended, threads go on. The harness checks the output from outside.
import { writeSync } from "node:fs";
import { Lock } from "@x/lock";
import { expose, isMainThread, sleep, sleepAsync, Thread } from "@x/thread";

export function later(ms, text) {
  sleep(ms);
  console.log(text);
}
export async function laterAsync(ms, text) {
  await sleepAsync(ms);
  console.log(text);
}
export function lines(count) {
  for (let i = 0; i < count; i++) console.log(`line ${i}`);
}
export function free(lock, ms) {
  sleep(ms);
  lock.release();
}
expose({ later, laterAsync, lines, free });

const start = (target, args, options = {}) => new Thread({ target, args, ...options }).start();

const programs = {
  waits() {
    console.log("main");
    start(later, [300, "thread"]);
    start(laterAsync, [600, "async thread"]);
  },
  daemon() {
    start(later, [20_000, "thread"], { daemon: true });
    console.log("main");
  },
  exit() {
    start(later, [300, "thread"]);
    process.exit(7);
  },
  throws() {
    start(later, [500, "thread"]);
    throw new RangeError("in main");
  },
  output() {
    const thread = start(lines, [3]);
    thread.join();
    writeSync(1, "main\n");
    process.exit(0);
  },
  async awaits() {
    const lock = new Lock();
    lock.acquire();
    start(free, [lock, 300], { daemon: true });
    await lock.acquireAsync();
    console.log("acquired");
  },
};
if (isMainThread) await programs[process.argv[2]]();
