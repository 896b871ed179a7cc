/** Ten threads of our own class. Each prints its number. */
import { expose, Thread } from "@x/thread";

class NumberThread extends Thread {
  constructor(readonly x: number) {
    super();
  }

  // Runs in the new thread. The field x has travelled there.
  override run(): void {
    console.log(this.x);
  }
}
expose({ NumberThread });

export function main(): void {
  const threads: NumberThread[] = [];
  for (let x = 0; x < 10; x++) threads.push(new NumberThread(x));

  for (const thread of threads) thread.start();
  for (const thread of threads) thread.join();
}
