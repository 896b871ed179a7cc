/**
 * Bunches of threads for tests. They are raw workers rather than our Thread, because the primitives
 * must work between any workers.
 *
 * The body of a bunch travels as source text, so it must be self-contained: it may use only its
 * arguments, and the last argument is its {@link Member}. Arguments and results are packed by
 * `@x/core`.
 *
 *     const others = bunch(5, (lock, me) => { me.aboutToWait(); lock.acquire(); lock.release(); }, [lock]);
 *     others.waiting();          // all of them are about to wait, and had the time to do it
 *     lock.release();
 *     others.join();             // throws their errors
 *
 * All of this works while the main thread is blocked. Workers are reused from test to test, because
 * a start takes 20 ms.
 *
 * Control words of a bunch: how many threads have ENTERED, are or were about to WAIT, are DONE.
 */
import { pack, unpack } from "@x/core";
import { onTestFinished } from "vitest";
import { type Answer, type PooledWorker, startPooledWorker } from "./bunch-workers.js";
import { LONG, pause, SHORT, until, untilAsync } from "./time.js";

const ENTERED = 0;
const WAITING = 1;
const DONE = 2;
const CONTROL_WORDS = 3;

/** A thread's view of its bunch. */
export interface Member {
  /** 0 to `count` - 1. */
  readonly index: number;
  readonly count: number;
  /** Announces a wait; see {@link Bunch.waiting}. */
  aboutToWait(): void;
  /** Imports a module; a body cannot use `import` itself. */
  load(url: string): Promise<Record<string, unknown>>;
  /** Blocks this thread. */
  pause(ms: number): void;
}

export interface BunchOptions {
  /** Starts new workers, and ends them afterwards: for tests that need a new thread, or the end of one. */
  readonly fresh?: boolean;
}

const idle: PooledWorker[] = [];

/** Starts `count` workers with `body`, and returns when all have entered it. */
export function bunch<A extends readonly unknown[], R>(
  count: number,
  body: (...args: [...A, Member]) => R,
  args: readonly [...A],
  options: BunchOptions = {},
): Bunch<Awaited<R>> {
  return new Bunch<Awaited<R>>(count, String(body), args, options.fresh === true);
}

/** Threads that run the same body. */
export class Bunch<R> {
  private readonly control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT));
  private readonly workers: PooledWorker[];
  private readonly answers = new Map<number, Answer>();
  private over = false;

  constructor(
    readonly count: number,
    private readonly body: string,
    args: readonly unknown[],
    private readonly fresh: boolean,
  ) {
    onTestFinished(() => this.dispose());
    this.workers = Array.from({ length: count }, () => (fresh ? undefined : idle.pop()) ?? startPooledWorker());
    this.workers.forEach((worker, index) => {
      worker.post({ body, index, count, control: this.control, args: pack(args, "args") });
    });
    this.wait(ENTERED, count, "entered");
  }

  /** How many have finished. */
  get done(): number {
    return Atomics.load(this.control, DONE);
  }

  /** Returns when `k` threads have announced a wait and had time to begin it. */
  waiting(k: number = this.count, timeout: number = LONG): void {
    this.wait(WAITING, k, "are about to wait", timeout);
    pause(SHORT / 2);
  }

  /** Waits for all threads, and returns their results. @throws AggregateError of all their errors */
  join(timeout: number = LONG): R[] {
    this.wait(DONE, this.count, "have ended", timeout);
    return this.results();
  }

  /** {@link join}, while the event loop turns. */
  async joinAsync(timeout: number = LONG): Promise<R[]> {
    await untilAsync(() => this.done === this.count, timeout).catch(() => this.wait(DONE, this.count, "have ended", 0));
    return this.results();
  }

  /** Terminates the workers at any point; returns after their end. */
  async terminate(): Promise<void> {
    this.over = true;
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private results(): R[] {
    until(() => {
      this.collect();
      return this.answers.size === this.count;
    });
    if (!this.over) this.dismiss();
    const answers = [...this.answers.values()].sort((a, b) => a.index - b.index);
    const values = answers.map(({ envelope }) => unpack(envelope));
    const errors = values.filter((_, i) => !answers[i]!.ok);
    if (errors.length > 0)
      throw new AggregateError(errors, `${errors.length} of ${this.count} threads threw: ${errors.join("; ")}`);
    return values as R[];
  }

  private collect(): void {
    for (const worker of this.workers) {
      const answer = worker.receive();
      if (answer !== undefined) this.answers.set(answer.index, answer);
    }
  }

  private dismiss(): void {
    this.over = true;
    if (this.fresh) for (const worker of this.workers) void worker.terminate();
    else idle.push(...this.workers);
  }

  private wait(word: number, k: number, what: string, timeout: number = LONG): void {
    const end = performance.now() + timeout;
    for (;;) {
      const now = Atomics.load(this.control, word);
      if (now >= k) return;
      const left = end - performance.now();
      if (left <= 0) throw new Error(`of ${this.count} threads only ${now} ${what} within ${timeout} ms: ${this.body}`);
      Atomics.wait(this.control, word, now, left);
    }
  }

  /** Ends all threads left over; a test that left some has failed. */
  private async dispose(): Promise<void> {
    if (this.over) return;
    const { done } = this;
    await this.terminate();
    if (done < this.count)
      throw new Error(`${this.count - done} of ${this.count} threads were left running: ${this.body}`);
  }
}
