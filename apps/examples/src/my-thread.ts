/** A thread that times a function and keeps what it returned. A module of its own, to be used by others: see results.ts. */
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

  /** What the function returned; known once `join` has returned: then the fields have come home. */
  getResult(): R | undefined {
    return this.res;
  }
}
expose(import.meta, { MyThread });
