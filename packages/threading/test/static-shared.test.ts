/** The fields that a thread's class names in `static shared`. */
import { LONG, runScript, until, watchdog } from "@x/testkit";
import { activeCount, Thread } from "@x/threading";
import { afterEach, describe, expect, it } from "vitest";
import { ALONE } from "./alone.js";
import { Counter, counts, Misnamed, Task, Unlisted, Untravelling } from "./static-shared.workers.mjs";

watchdog();

afterEach(() => until(() => activeCount() === ALONE));

describe("a field in static shared", () => {
  it("is the same on both sides from the start on: a flag stops the thread, and its progress is seen", () => {
    const task = new Task();
    const { left } = task;
    task.start();
    expect(task.begun.wait(LONG)).toBe(true);
    expect(task.left).toBeLessThan(left);
    expect(task.done).toBe(0); // not shared: it comes home with join
    task.terminate();
    expect(task.join(LONG)).toBe(true);
    expect([task.running, task.done]).toEqual([false, left - task.left]);
    expect(task.result()).toBe(task.done);
  });

  it("is an ordinary field before the start, and after the end", () => {
    const task = new Task();
    task.running = false;
    task.start().join(LONG);
    expect([task.running, task.left, task.done]).toEqual([false, 1_000_000_000, 0]);
    task.left = 5;
    expect(task.left).toBe(5);
  });

  it("of a class above is shared, too, and a third thread has it", () => {
    const counter = new Counter();
    counter.start();
    expect(counter.begun.wait(LONG)).toBe(true);
    const third = new Thread({ target: counts, args: [counter] }).start();
    expect(third.result(LONG)).toEqual(["counted"]);
    counter.join(LONG);
    expect([counter.count, counter.notes, counter.left]).toEqual([200, ["counted"], 7]);
  });

  it("is refused with the cure, if it could not be shared", () => {
    expect(() => new Misnamed().start()).toThrow(
      "thread: Misnamed shares name, which all threads know anyway; leave it out",
    );
    expect(() => new Unlisted().start()).toThrow(
      'thread: expected the names of fields in static shared of Unlisted, got "running"; write static shared = ["running"]',
    );
    expect(() => new Untravelling().start()).toThrow(/callback/);
  });

  it("needs @x/shared: the error of the start names the cure", async () => {
    const { stdout, status } = await runScript(`
      import { expose, isMainThread, Thread } from "@x/thread";
      export class Task extends Thread {
        static shared = ["running"];
        running = true;
      }
      expose(import.meta.url, { Task });
      if (isMainThread) {
        try {
          new Task().start();
        } catch ({ name, message }) {
          console.log(name + ": " + message);
        }
      }`);
    expect([stdout, status]).toEqual([
      'ThreadError: thread: Task shares its running, which needs @x/shared; write static shared = sharedFields("running"), with sharedFields from @x/shared\n',
      0,
    ]);
  });
});
