/** A class of threads with a name and a delay, started and joined. */
import { expose, sleep, Thread } from "@x/thread";
import { now } from "./clock.js";

class DelayThread extends Thread {
  constructor(
    name: string,
    readonly delay: number,
  ) {
    super({ name });
  }

  override run(): void {
    console.log(`Starting Thread: ${this.name}`);
    for (let count = 0; count < 3; count++) {
      sleep(this.delay);
      console.log(`${this.name} --> ${now()}`);
    }
    console.log(`Execution of Thread: ${this.name} is complete!`);
  }
}
expose({ DelayThread });

/** @param second how many milliseconds a second lasts here */
export function main(second = 1000): void {
  const t1 = new DelayThread("t1", 1 * second);
  const t2 = new DelayThread("t2", 2 * second);
  t1.start();
  t2.start();
  t1.join();
  t2.join();
  console.log("Thread execution is complete!");
}
