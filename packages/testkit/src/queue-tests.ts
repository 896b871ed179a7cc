/** Conformance suite of queues: CPython's behaviours by their numbers, in one thread and in many. */
import { PACK, packedAs, registerKind, ThreadError, TimeoutError } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { BAD_TIMEOUTS, type Sharing, thrownBy, viewOf } from "./primitive.js";
import { expectDuration, LONG, pause, SHORT, timed, timedAsync, until } from "./time.js";

type Options = number | { readonly timeout?: number; readonly signal?: AbortSignal };

/** What all queues have. */
export interface SimpleQueueLike extends Sharing {
  put(item: unknown): void;
  get(timeout?: number): unknown;
  getNowait(): unknown;
  getAsync(options?: Options): Promise<unknown>;
  qsize(): number;
  readonly size: number;
  empty(): boolean;
}

export interface QueueLike extends SimpleQueueLike {
  put(item: unknown, timeout?: number): void;
  putNowait(item: unknown): void;
  putAsync(item: unknown, options?: Options): Promise<void>;
  putMany(items: Iterable<unknown>): void;
  getMany(max: number, timeout?: number): unknown[];
  maxsize: number;
  full(): boolean;
  taskDone(count?: number): void;
  readonly unfinishedTasks: number;
  join(timeout?: number): boolean;
  joinAsync(options?: Options): Promise<boolean>;
  shutdown(immediate?: boolean): void;
  readonly isShutdown: boolean;
  [Symbol.iterator](): Iterator<unknown>;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

type Made = (maxsize?: number, options?: { maxBytes?: number }) => QueueLike;

/** The errors of queues. */
type ErrorClass = new (message?: string) => Error;
export interface QueueErrors {
  readonly Empty: ErrorClass;
  readonly Full: ErrorClass;
  readonly ShutDown: ErrorClass;
}

class Token {
  constructor(readonly id: number) {}
  [PACK]() {
    return packedAs("testkit Token", { id: this.id });
  }
}
registerKind("testkit Token", import.meta.url, ({ id }: { id: number }) => new Token(id));

const words = (n: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * n));

function all(queue: SimpleQueueLike): unknown[] {
  const items: unknown[] = [];
  while (!queue.empty()) items.push(queue.get(LONG));
  return items;
}

/** An item of which each queue can tell the order: the kind of an item that a priority queue takes. */
const item = (value: unknown): [number, unknown] => [0, value];

/** For all queues, SimpleQueue too. */
export function simpleQueueTests(make: () => SimpleQueueLike, { Empty }: QueueErrors): void {
  describe("get", () => {
    it("Q026, Q031: waits while the queue is empty, and goes on as soon as another thread puts", () => {
      const queue = make();
      const others = bunch(
        1,
        (queue, me) => {
          me.aboutToWait();
          return queue.get();
        },
        [queue],
      );
      others.waiting();
      expect(others.done).toBe(0);
      queue.put(7);
      expect(others.join()).toEqual([7]);
      expect(queue.empty()).toBe(true);
    });

    it("Q027, Q029, Q079: without waiting throws Empty if there is no item", () => {
      const queue = make();
      for (const get of [() => queue.get(0), () => queue.getNowait(), () => queue.get(5)])
        expect(thrownBy(get)).toBeInstanceOf(Empty);
      queue.put(1);
      expect(queue.getNowait()).toBe(1);
    });

    it("Q020: a timed get waits its whole timeout despite spurious wake-ups", () => {
      const queue = make();
      const others = bunch(
        1,
        (queue, me) => {
          me.aboutToWait();
          const start = performance.now();
          try {
            queue.get(200);
          } catch (error) {
            return { name: (error as Error).name, ms: performance.now() - start };
          }
          return undefined;
        },
        [queue],
      );
      others.waiting();
      const state = viewOf(queue);
      while (others.done === 0) state.forEach((_, at) => Atomics.notify(state, at));
      const [result] = others.join();
      expect(result).toMatchObject({ name: "Empty" });
      expectDuration(result!.ms, 200);
    });

    it("Q030, Q079: a wrong timeout is refused before anything happens", async () => {
      const queue = make();
      queue.put(1);
      for (const [timeout, Class] of BAD_TIMEOUTS) {
        expect(thrownBy(() => queue.get(timeout as never))).toBeInstanceOf(Class);
        if (timeout !== null) await expect(queue.getAsync(timeout as never)).rejects.toBeInstanceOf(Class);
      }
      expect(queue.qsize()).toBe(1);
    });

    it("Q021: each put lets one of the waiting getters go on", () => {
      const queue = make();
      const taken = words(1);
      const others = bunch(
        3,
        (queue, taken, me) => {
          me.aboutToWait();
          const item = queue.get();
          Atomics.add(taken, 0, 1);
          return item;
        },
        [queue, taken],
      );
      others.waiting();
      for (let n = 1; n <= 3; n++) {
        queue.put(n);
        until(() => Atomics.load(taken, 0) === n);
        pause(SHORT / 5);
        expect(taken[0]).toBe(n);
      }
      expect((others.join() as number[]).sort()).toEqual([1, 2, 3]);
    });

    it("Q035: a waiting getter gets an item though another thread gets all the time", () => {
      const queue = make();
      const stop = words(1);
      const busy = bunch(
        1,
        (queue, stop) => {
          let taken = 0;
          while (Atomics.load(stop, 0) === 0) {
            queue.put(0);
            try {
              queue.get(0);
              taken++;
            } catch {
              // The waiter was faster.
            }
          }
          return taken;
        },
        [queue, stop],
      );
      const others = bunch(1, (queue, timeout) => queue.get(timeout), [queue, LONG]);
      expect(others.join()).toEqual([0]);
      Atomics.store(stop, 0, 1);
      busy.join();
    });
  });

  it("Q022: a getter sees all writes that the putter made before its put", () => {
    const [queue, answers] = [make(), make()];
    const data = words(64);
    const others = bunch(
      1,
      (queue, answers, data, timeout) => {
        for (;;) {
          const round = queue.get(timeout) as number;
          if (round < 0) return;
          answers.put(data.every((value) => value === round) ? 1 : 0);
        }
      },
      [queue, answers, data, LONG],
    );
    for (let round = 0; round < 200; round++) {
      data.fill(round);
      queue.put(round);
      expect(answers.get(LONG)).toBe(1);
    }
    queue.put(-1);
    others.join();
  });

  it("Q034, Q083: of many putters and getters, also with tiny timeouts, each item comes out exactly once", () => {
    const queue = make();
    const [each, putters, getters] = [300, 4, 6];
    const putting = bunch(
      putters,
      (queue, each, me) => {
        for (let i = 0; i < each; i++) queue.put(me.index * each + i);
      },
      [queue, each],
    );
    const left = words(1);
    left[0] = each * putters;
    const getting = bunch(
      getters,
      (queue, left, me) => {
        const timeout = [Infinity, 0, 0.01][me.index % 3]!;
        const items: number[] = [];
        while (Atomics.sub(left, 0, 1) > 0) {
          for (;;) {
            try {
              items.push(queue.get(timeout) as number);
              break;
            } catch (error) {
              if ((error as Error).name !== "Empty" || timeout === Infinity) throw error;
            }
          }
        }
        return items;
      },
      [queue, left],
    );
    putting.join();
    const items = getting.join().flat();
    expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: each * putters }, (_, i) => i));
    expect(queue.empty()).toBe(true);
  });

  it("Q023: an item is a copy, as by structured clone, and primitives arrive as themselves", () => {
    const queue = make();
    const twice = { x: 1 };
    for (const value of [
      { a: [1, "é", 2n ** 70n, -0, NaN], b: new Map([[twice, new Set([twice])]]) },
      new Uint8Array(5000),
      "€".repeat(100),
    ]) {
      queue.put(item(value));
      expect(queue.get()).toEqual(item(structuredClone(value)));
    }
    queue.put(item({ token: new Token(7) }));
    expect(queue.get()).toEqual(item({ token: new Token(7) }));
  });

  it("Q011: an item that cannot travel changes nothing, and the error names its place", () => {
    const queue = make();
    const before = [...viewOf(queue)];
    for (const value of [() => 1, Symbol("s"), new WeakMap(), new Blob(["x"])]) {
      const error = thrownBy(() => queue.put(item({ deep: [value] })));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty("message", expect.stringContaining("item[1].deep[0]"));
      expect([...viewOf(queue)]).toEqual(before);
    }
  });

  it("Q012: an item that cannot be rebuilt is gone", () => {
    const queue = make();
    queue.put(item({ [PACK]: () => ({ kind: "testkit Unknown", moduleUrl: "file:///none.mjs" }) }));
    expect(thrownBy(() => queue.get())).toBeInstanceOf(ThreadError);
    expect(queue.qsize()).toBe(0);
  });

  it("Q024: undefined and null are items like others", () => {
    const queue = make();
    for (const value of [undefined, null]) {
      queue.put(item(value));
      expect(queue.get()).toEqual(item(value));
    }
  });

  it("Q036: the bytes of an item that has left the queue are free for the next one", () => {
    const queue = make();
    const buffer = (queue.share() as { memory?: SharedArrayBuffer }).memory!;
    const text = "x".repeat(1000);
    for (let i = 0; i < 1000; i++) {
      queue.put(text);
      queue.get();
    }
    expect(buffer.byteLength).toBeLessThan(100_000);
  });

  it("Q048: looking never blocks, even while a thread holds the lock of the queue", () => {
    const queue = make();
    queue.put(1);
    const state = viewOf(queue);
    state[0] = 998 << 2; // the ident of another thread, above two marks
    expect([queue.qsize(), queue.size, queue.empty()]).toEqual([1, 1, false]);
    state[0] = 0;
  });

  it("Q085: an aborted task takes no item, and passes its wake-up on", async () => {
    const queue = make();
    const abort = new AbortController();
    const waiting = queue.getAsync({ signal: abort.signal });
    const other = queue.getAsync();
    abort.abort("enough");
    queue.put(1);
    await expect(waiting).rejects.toBe("enough");
    expect(await other).toBe(1);
  });

  it("Q090: threads and tasks wait on one queue", async () => {
    const queue = make();
    const others = bunch(
      2,
      (queue, me) => {
        me.aboutToWait();
        return queue.get();
      },
      [queue],
    );
    others.waiting();
    const waiting = [queue.getAsync(), queue.getAsync()];
    for (let i = 0; i < 4; i++) queue.put(i);
    const items = [...(await others.joinAsync()), ...(await Promise.all(waiting))] as number[];
    expect(items.sort()).toEqual([0, 1, 2, 3]);
    await expect(queue.getAsync(5)).rejects.toBeInstanceOf(Empty);
  });

  it("Q088: a queue travels to another thread by its handle", () => {
    const queue = make();
    queue.put(1);
    expect(bunch(1, (queue) => [queue.get(), queue.put(2)], [queue], { fresh: true }).join()[0]).toEqual([
      1,
      undefined,
    ]);
    expect(queue.get()).toBe(2);
  });
}

/** For queues with tasks and a shutdown. `order`: of 111, 333, 222 as they come out. */
export function queueTests(make: Made, { Empty, Full, ShutDown }: QueueErrors, order: readonly number[]): void {
  it("Q001, Q037, Q038, Q044: items come out in the order of the class", () => {
    const queue = make();
    for (const item of [111, 333, 222]) queue.put(item);
    expect(all(queue)).toEqual(order);
  });

  it("Q002: maxsize 0, less, or Infinity is no limit", () => {
    for (const maxsize of [undefined, 0, -1, -2.5, Infinity]) {
      const queue = make(maxsize);
      for (let i = 0; i < 100; i++) queue.put(i);
      expect([queue.full(), queue.maxsize, queue.qsize()]).toEqual([false, Infinity, 100]);
    }
  });

  it("Q003: maxsize is checked", () => {
    expect(thrownBy(() => make(2.5))).toBeInstanceOf(RangeError);
    expect(thrownBy(() => make(NaN))).toBeInstanceOf(RangeError);
    expect(thrownBy(() => make("a" as never))).toBeInstanceOf(TypeError);
  });

  it("Q004, Q005: maxsize may change in any thread, and a waiting putter then goes on", () => {
    const queue = make(1);
    queue.put(1);
    const others = bunch(
      1,
      (queue, me) => {
        me.aboutToWait();
        queue.put(2);
        return queue.maxsize;
      },
      [queue],
    );
    others.waiting();
    expect(others.done).toBe(0);
    queue.maxsize = 2;
    expect(others.join()).toEqual([2]);
    queue.maxsize = 1;
    expect(thrownBy(() => queue.put(3, 0))).toBeInstanceOf(Full);
    queue.get();
    expect(thrownBy(() => queue.put(3, 0))).toBeInstanceOf(Full);
    queue.get();
    queue.put(3, 0);
  });

  it("Q006: an emptied queue can be used again", () => {
    const queue = make(2);
    for (let time = 0; time < 50; time++) {
      queue.put(1);
      queue.put(2);
      expect(all(queue)).toHaveLength(2);
    }
  });

  it("Q011, Q012: neither an item that cannot travel nor the loss of one touches the other tasks", () => {
    const queue = make();
    expect(thrownBy(() => queue.put(item(Symbol("s"))))).toBeInstanceOf(TypeError);
    expect([queue.qsize(), queue.unfinishedTasks]).toEqual([0, 0]);
    queue.put(item({ [PACK]: () => ({ kind: "testkit Unknown", moduleUrl: "file:///none.mjs" }) }));
    expect(thrownBy(() => queue.get())).toBeInstanceOf(ThreadError);
    expect([queue.qsize(), queue.unfinishedTasks]).toEqual([0, 1]);
  });

  describe("put", () => {
    it("Q013, Q019: waits while the queue is full, and goes on as soon as another thread gets", () => {
      const queue = make(1);
      queue.put(1);
      const others = bunch(
        1,
        (queue, me) => {
          me.aboutToWait();
          return queue.put(2);
        },
        [queue],
      );
      others.waiting();
      expect(others.done).toBe(0);
      expect(queue.get()).toBe(1);
      expect(others.join()).toEqual([undefined]);
      expect(queue.get()).toBe(2);
    });

    it("Q014, Q016: without waiting throws Full if there is no room", () => {
      const queue = make(1);
      queue.put(1, 0);
      for (const put of [() => queue.put(2, 0), () => queue.putNowait(2), () => queue.put(2, 5)])
        expect(thrownBy(put)).toBeInstanceOf(Full);
      expect(queue.qsize()).toBe(1);
    });

    it("Q020, Q025: a timed put waits its whole timeout, blocked or awaited", async () => {
      const queue = make(1);
      queue.put(1);
      expectDuration(
        timed(() => expect(thrownBy(() => queue.put(2, 100))).toBeInstanceOf(Full)),
        100,
      );
      const late = timedAsync(() => expect(queue.putAsync(2, { timeout: 100 })).rejects.toBeInstanceOf(Full));
      expectDuration(await late, 100);
    });

    it("Q017: a wrong timeout is refused before anything happens", async () => {
      const queue = make();
      for (const [timeout, Class] of BAD_TIMEOUTS) {
        expect(thrownBy(() => queue.put(1, timeout as never))).toBeInstanceOf(Class);
        if (timeout !== null) await expect(queue.putAsync(1, timeout as never)).rejects.toBeInstanceOf(Class);
      }
      expect(queue.qsize()).toBe(0);
    });

    it("Q018: an unbounded queue whose memory is full throws Full, and names the option", () => {
      const queue = make(0, { maxBytes: 4096 });
      const error = thrownBy(() => {
        for (;;) queue.put([1, "x".repeat(100)]);
      });
      expect(error).toBeInstanceOf(Full);
      expect(error).toHaveProperty(
        "message",
        expect.stringMatching(/ with \d+ items: \d+ of 4096 bytes are in use; .*maxBytes/),
      );
      const count = queue.qsize();
      expect(count).toBeGreaterThan(10);
      expect(all(queue)).toHaveLength(count);
      queue.put([1, "x".repeat(100)], 0);
    });

    it("Q032: each get lets one of the waiting putters go on", () => {
      const queue = make(1);
      queue.put(0);
      const put = words(1);
      const others = bunch(
        3,
        (queue, put, me) => {
          me.aboutToWait();
          queue.put(me.index + 1);
          Atomics.add(put, 0, 1);
        },
        [queue, put],
      );
      others.waiting();
      const items = [];
      for (let n = 1; n <= 3; n++) {
        items.push(queue.get());
        until(() => Atomics.load(put, 0) === n);
        pause(SHORT / 5);
        expect(put[0]).toBe(n);
      }
      others.join();
      expect([...items, queue.get() as number].sort()).toEqual([0, 1, 2, 3]);
    });
  });

  it("Q045, Q046, Q047: qsize, empty and full tell how many items there are", () => {
    const queue = make(5);
    expect([queue.empty(), queue.full(), queue.qsize(), queue.size]).toEqual([true, false, 0, 0]);
    for (let i = 0; i < 4; i++) queue.put(i);
    expect([queue.empty(), queue.full(), queue.qsize(), queue.size]).toEqual([false, false, 4, 4]);
    queue.put(4);
    expect([queue.empty(), queue.full(), queue.qsize(), queue.size]).toEqual([false, true, 5, 5]);
  });

  describe("tasks", () => {
    it("Q049, Q050, Q051, Q053: each put counts one, taskDone takes one off, and join returns at 0", () => {
      const queue = make();
      expect(thrownBy(() => queue.taskDone())).toHaveProperty(
        "message",
        expect.stringContaining("called too many times"),
      );
      expect(queue.join()).toBe(true);
      for (let i = 0; i < 3; i++) queue.put(i);
      queue.taskDone();
      expect(queue.join(5)).toBe(false);
      expect(thrownBy(() => queue.taskDone(3))).toBeInstanceOf(RangeError);
      expect(queue.unfinishedTasks).toBe(2);
      queue.taskDone(2);
      expect([queue.join(), queue.join(0)]).toEqual([true, true]);
      expect(thrownBy(() => queue.taskDone())).toBeInstanceOf(RangeError);
    });

    it("Q054, Q057: several threads join, another thread finishes the tasks, and all go on", async () => {
      const queue = make();
      for (let i = 0; i < 3; i++) queue.put(i);
      const joining = bunch(
        3,
        (queue, me) => {
          me.aboutToWait();
          return queue.join();
        },
        [queue],
      );
      joining.waiting();
      const task = queue.joinAsync();
      expect(joining.done).toBe(0);
      bunch(1, (queue) => queue.taskDone(3), [queue]).join();
      expect(await task).toBe(true);
      expect(joining.join()).toEqual([true, true, true]);
    });

    it("Q055: a join that was waiting when the count was 0 returns, though a put follows at once", () => {
      const queue = make();
      queue.put(1);
      const joining = bunch(
        2,
        (queue, me) => {
          me.aboutToWait();
          return queue.join();
        },
        [queue],
      );
      joining.waiting();
      queue.taskDone();
      queue.put(2);
      expect(joining.join()).toEqual([true, true]);
      expect(queue.unfinishedTasks).toBe(1);
    });

    it("Q056: a timed join returns false when its time is up, blocked or awaited", async () => {
      const queue = make();
      queue.put(1);
      expectDuration(
        timed(() => expect(queue.join(100)).toBe(false)),
        100,
      );
      expect(await queue.joinAsync({ timeout: 20 })).toBe(false);
      const abort = new AbortController();
      const joining = queue.joinAsync({ signal: abort.signal });
      abort.abort("enough");
      await expect(joining).rejects.toBe("enough");
    });
  });

  describe("shutdown", () => {
    it("Q060, Q062, Q065, Q071, Q073: put throws ShutDown, and so does get once the items are taken", () => {
      const queue = make(2);
      queue.put(1);
      expect(queue.isShutdown).toBe(false);
      queue.shutdown();
      expect(queue.isShutdown).toBe(true);
      for (const timeout of [0, 5, Infinity]) expect(thrownBy(() => queue.put(2, timeout))).toBeInstanceOf(ShutDown);
      expect(queue.get()).toBe(1);
      for (const timeout of [0, 5, Infinity]) expect(thrownBy(() => queue.get(timeout))).toBeInstanceOf(ShutDown);
      expect(thrownBy(() => queue.get(-1))).toBeInstanceOf(RangeError);
    });

    it("Q060: a put into a full queue throws ShutDown too", () => {
      const queue = make(1);
      queue.put(1);
      queue.shutdown();
      expect(thrownBy(() => queue.putNowait(2))).toBeInstanceOf(ShutDown);
    });

    it("Q059, Q063, Q064: of three getters and two items, exactly one throws, whichever thread shuts down", () => {
      const queue = make();
      const others = bunch(
        3,
        (queue, me) => {
          me.aboutToWait();
          try {
            return String(queue.get());
          } catch (error) {
            return (error as Error).name;
          }
        },
        [queue],
      );
      others.waiting();
      queue.putMany([1, 2]);
      bunch(2, (queue) => queue.shutdown(), [queue]).join();
      expect(others.join().sort()).toEqual(["1", "2", "ShutDown"]);
    });

    it("Q063, Q074: threads that wait for room, and tasks that wait for an item, throw ShutDown", async () => {
      const [queue, full] = [make(), make(1)];
      full.put(0);
      const waiting = [queue.getAsync(), queue.getAsync()];
      const others = bunch(
        2,
        (full, me) => {
          me.aboutToWait();
          try {
            full.put(1);
          } catch (error) {
            return (error as Error).name;
          }
          return "";
        },
        [full],
      );
      others.waiting();
      full.shutdown();
      queue.shutdown();
      expect(others.join()).toEqual(["ShutDown", "ShutDown"]);
      for (const one of await Promise.allSettled(waiting))
        expect(one).toMatchObject({ reason: expect.any(ShutDown) as unknown });
      expect(full.get()).toBe(0);
    });

    it("Q067, Q068, Q069, Q070: a shutdown leaves the tasks, and an immediate one drops those of its items", () => {
      const queue = make();
      for (let i = 0; i < 3; i++) queue.put(i);
      queue.get();
      queue.shutdown();
      expect(queue.join(5)).toBe(false);
      queue.shutdown(true);
      expect([queue.qsize(), queue.unfinishedTasks, queue.join(5)]).toEqual([0, 1, false]);
      queue.taskDone();
      expect(queue.join()).toBe(true);
      expect(thrownBy(() => queue.taskDone())).toBeInstanceOf(RangeError);
      queue.shutdown();
      expect(thrownBy(() => queue.get())).toBeInstanceOf(ShutDown);
    });

    it("Q068: join goes on at an immediate shutdown if nothing is in hand", () => {
      const queue = make();
      queue.put(1);
      const joining = bunch(
        1,
        (queue, me) => {
          me.aboutToWait();
          return queue.join();
        },
        [queue],
      );
      joining.waiting();
      queue.shutdown(true);
      expect(joining.join()).toEqual([true]);
    });
  });

  it("Q091: iteration ends at a shutdown", async () => {
    const queue = make();
    for (let i = 0; i < 3; i++) queue.put(i);
    queue.shutdown();
    expect([...queue]).toHaveLength(3);
    for await (const item of queue) expect.fail(String(item));
  });

  it("Q092: getMany takes what is there, up to a number", () => {
    const queue = make();
    queue.putMany([1, 2, 3]);
    expect(queue.getMany(2)).toHaveLength(2);
    expect(queue.getMany(10)).toHaveLength(1);
    expect(thrownBy(() => queue.getMany(1, 0))).toBeInstanceOf(Empty);
    expect(thrownBy(() => queue.getMany(0))).toBeInstanceOf(RangeError);
    expect(thrownBy(() => queue.putMany(5 as never))).toBeInstanceOf(TypeError);
  });

  it("Q075, Q076: the errors are of their own classes, with the package and a cure", () => {
    const queue = make(1);
    const empty = thrownBy(() => queue.getNowait());
    queue.put(1);
    const full = thrownBy(() => queue.putNowait(1));
    queue.shutdown();
    const shut = thrownBy(() => queue.putNowait(1));
    for (const [error, Class] of [
      [empty, Empty],
      [full, Full],
      [shut, ShutDown],
    ] as const) {
      expect([Empty, Full, ShutDown].filter((Any) => error instanceof Any)).toEqual([Class]);
      expect(error).toBeInstanceOf(ThreadError);
      expect(error).not.toBeInstanceOf(TimeoutError);
      expect(error).toHaveProperty("message", expect.stringMatching(/^queue: .*[;,] /));
    }
  });
}

/** For queues whose first item comes out first. */
export function fifoTests(make: () => SimpleQueueLike): void {
  it("Q033: with one putter and one getter the order is that of the puts", () => {
    const queue = make();
    const count = 2000;
    const others = bunch(
      1,
      (queue, count) => {
        for (let i = 0; i < count; i++) queue.put(i);
      },
      [queue, count],
    );
    for (let i = 0; i < count; i++) expect(queue.get(LONG)).toBe(i);
    others.join();
  });
}
