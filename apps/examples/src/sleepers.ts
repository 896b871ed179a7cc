/** Two loops of 4 and 2 seconds take 4 seconds side by side. Shows the three ways to make a thread. */
import { expose, sleep, Thread } from "@x/thread";
import { now } from "./clock.js";

const LOOPS = [4, 2];

function loop(n: number, ms: number): void {
  console.log(`start loop ${n} at: ${now()}`);
  sleep(ms);
  console.log(`loop ${n} done at: ${now()}`);
}

/** An object with a function, its arguments and a name. Any object with a `call` method can be a target. */
class ThreadFunc {
  constructor(
    readonly func: typeof loop,
    readonly args: Parameters<typeof loop>,
    readonly name: string,
  ) {}

  call(): void {
    this.func(...this.args);
  }
}

/** A thread with a function and its arguments, called in `run`. */
class MyThread extends Thread {
  constructor(
    readonly func: typeof loop,
    readonly args: Parameters<typeof loop>,
    name: string,
  ) {
    super({ name });
  }

  override run(): void {
    this.func(...this.args);
  }
}

expose({ loop, ThreadFunc, MyThread });

const WAYS: Record<string, (n: number, ms: number) => Thread> = {
  function: (n, ms) => new Thread({ target: loop, args: [n, ms] }),
  object: (n, ms) => new Thread({ target: new ThreadFunc(loop, [n, ms], "loop") }),
  subclass: (n, ms) => new MyThread(loop, [n, ms], "loop"),
};

/** @param second how many milliseconds a second lasts here */
export function main(second = 1000): void {
  for (const [way, make] of Object.entries(WAYS)) {
    console.log(`by ${way}, starting at: ${now()}`);
    const threads = LOOPS.map((nsec, n) => make(n, nsec * second));

    for (const thread of threads) thread.start();
    for (const thread of threads) thread.join();

    console.log(`all DONE at: ${now()}`);
  }
}
