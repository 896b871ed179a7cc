/**
 * The philosophers' threads, and their table. In a module of their own, so that these threads do not
 * load the main thread's imports.
 */
import type { Barrier } from "@x/barrier";
import { Lock } from "@x/lock";
import type { Semaphore } from "@x/semaphore";
import { expose, sleep, Thread } from "@x/thread";

export const NAMES = ["Aristotle", "Confucius", "Hypatia", "Laozi", "Plato"];

export class Philosopher extends Thread {
  eaten = 0;
  waited = 0;

  constructor(
    name: string,
    readonly forks: readonly [first: Lock, second: Lock],
    readonly meals: number,
    readonly ms: number,
    /** The seats at the table, if not all philosophers may sit down together. */
    readonly chairs?: Semaphore,
  ) {
    super({ name });
  }

  override run(): void {
    while (this.eaten < this.meals) {
      sleep(this.ms); // thinks
      const hungry = performance.now();
      this.chairs?.acquire();
      this.takeForks(() => {
        this.waited += performance.now() - hungry;
        sleep(this.ms); // eats
        this.eaten++;
      });
      this.chairs?.release();
    }
  }

  /** Takes both forks, eats, and lays them down. */
  protected takeForks(eat: () => void): void {
    const [first, second] = this.forks;
    first.with(() => second.with(eat));
  }
}

/** Takes the left fork, and waits for the right one; only the timeout ends a deadlock. */
export class Naive extends Thread {
  /** The ident of the thread that holds the other fork. */
  holder: number | undefined;

  constructor(
    name: string,
    readonly forks: readonly [left: Lock, right: Lock],
    readonly timeout: number,
    readonly together: Barrier,
  ) {
    super({ name });
  }

  override run(): void {
    const [left, right] = this.forks;
    left.acquire();
    this.together.wait(); // without the pause it may take a month for all to take one fork each
    if (right.acquire(this.timeout)) right.release();
    else this.holder = right.holder;
    this.together.wait(); // no philosopher lays a fork down before all have given up
    left.release();
  }
}

expose({ Philosopher, Naive });

/** The forks beside each philosopher. */
export function table(seats: number = NAMES.length): [left: Lock, right: Lock][] {
  const forks = Array.from({ length: seats }, () => new Lock());
  return forks.map((fork, i) => [fork, forks[(i + 1) % forks.length] as Lock]);
}
