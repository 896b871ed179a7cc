/**
 * Stops a thread by an Event that the thread checks in each turn. So the thread ends by itself, and
 * can clean up.
 */
import { Event } from "@x/event";
import { expose, sleep, Thread } from "@x/thread";
import { now } from "./clock.js";

function work(stop: Event, turn: number): number {
  let turns = 0;
  do {
    console.log(`working at: ${now()}`);
    turns++;
  } while (!stop.wait(turn)); // sleeps to the end of the turn, or to set()
  console.log("told to stop, so I stop");
  return turns;
}
expose({ work });

/** @param second how many milliseconds a second lasts here */
export function main(second = 1000): void {
  const stop = new Event();
  const worker = new Thread({ target: work, args: [stop, second / 2] }).start();

  sleep(3 * second);
  console.log("stop!");
  stop.set();
  worker.join();
  console.log(`stopped by itself after ${worker.result()} turns`);
}
