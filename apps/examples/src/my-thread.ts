/**
 * A thread that times a function and keeps its result. In a module of its own, for use by others:
 * see results.ts.
 */
import { expose, Thread } from "@x/thread";
import { now } from "./clock.js";

export class MyThread<A extends unknown[], R> extends Thread {
  private res?: R;

  constructor(
    private readonly func: (...args: A) => R,
    private readonly args: A,
    name: string,
  ) {
    super({ name });
  }

  override run(): void {
    console.log(`starting ${this.name} at: ${now()}`);
    this.res = this.func(...this.args);
    console.log(`${this.name} finished at: ${now()}`);
  }

  /** The function's result. Valid after `join` has returned, when the fields have come back. */
  getResult(): R | undefined {
    return this.res;
  }
}
expose({ MyThread });
