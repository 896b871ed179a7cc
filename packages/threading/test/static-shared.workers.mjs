/** Threads with fields that are the same in all threads. */
import "@x/shared";
import { Event, expose, Lock, Thread } from "@x/threading";

export class Task extends Thread {
  static shared = ["running", "left"];
  begun = new Event();
  running = true;
  left = 1_000_000_000;
  done = 0;

  run() {
    const first = this.left;
    while (this.running && this.left > 0) {
      this.left--;
      this.done = first - this.left;
      this.begun.set();
    }
    return this.done;
  }
  terminate() {
    this.running = false;
  }
}

export class Counter extends Task {
  static shared = ["count", "lock", "notes"];
  count = 0;
  lock = new Lock();
  notes = [];

  run() {
    for (let i = 0; i < 100; i++) this.lock.with(() => this.count++);
    this.notes = [...this.notes, "counted"];
    this.begun.set();
    this.left = 7;
  }
}

/** Counts in another thread. */
export function counts(counter) {
  for (let i = 0; i < 100; i++) counter.lock.with(() => counter.count++);
  return counter.notes;
}

export class Misnamed extends Thread {
  static shared = ["name"];
}
export class Unlisted extends Thread {
  static shared = "running";
}
export class Untravelling extends Thread {
  static shared = ["callback"];
  callback = () => 1;
}

expose(import.meta.url, { Counter, counts, Misnamed, Task, Unlisted, Untravelling });
