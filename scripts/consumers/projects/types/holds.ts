/** What has to compile, and which types have to follow. */
import { Barrier, BrokenBarrierError } from "@x/barrier";
import type * as barrierTypes from "@x/barrier";
import { Condition } from "@x/condition";
import type * as conditionTypes from "@x/condition";
import * as core from "@x/core";
import { Event } from "@x/event";
import type * as eventTypes from "@x/event";
import { Lock, OwnerDiedError, RLock } from "@x/lock";
import type * as lockTypes from "@x/lock";
import { BoundedSemaphore, Semaphore } from "@x/semaphore";
import type * as semaphoreTypes from "@x/semaphore";
import {
  currentThread,
  expose,
  isMainThread,
  Local,
  sharedGlobals,
  sleepAsync,
  startNewThread,
  Thread,
  type ThreadOptions,
  TimeoutError,
} from "@x/thread";
import * as threading from "@x/threading";
import { Timer } from "@x/timer";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export function add(a: number, b: number): number {
  return a + b;
}
export function shout(text: string, options: { times?: number } = {}): string {
  return text.repeat(options.times ?? 1);
}
export async function later(ms: number): Promise<string> {
  await sleepAsync(ms);
  return "later";
}
export function same<T>(it: T): T {
  return it;
}
export class Multiplier {
  constructor(readonly by: number) {}
  call(n: number): number {
    return n * this.by;
  }
}
export class Sum extends Thread<number> {
  total = 0;
  constructor(readonly upTo: number) {
    super({ name: "sum", daemon: true });
  }
  override run(): number {
    for (let i = 1; i <= this.upTo; i++) this.total += i;
    return this.total;
  }
}
export class Ticker extends Timer {
  ticks = 0;
  override run(): void {
    while (!this.finished.wait(this.interval)) this.ticks++;
  }
}
export class Request extends Local<{ id?: number }> {}
expose({ add, shout, later, Multiplier, Sum, Ticker });

// ---------------------------------------------------------------- threads: types as a library emits them

export const thread = new Thread({ target: add, args: [1, 2] });
export const declared: Thread<number, [a: number, b: number]> = new Thread({ target: add, args: [1, 2] });
export const result: Equal<ReturnType<typeof thread.result>, number> = true;

export const asleep = new Thread({ target: later, args: [5], name: "asleep" });
export const ofAsync: Equal<ReturnType<typeof asleep.resultAsync>, Promise<string>> = true;

export const loud = new Thread({ target: shout, args: ["x"], kwargs: { times: 2 }, daemon: false });
export const ofKwargs: Equal<ReturnType<typeof loud.result>, string> = true;

export const ofObject = new Thread({ target: new Multiplier(3), args: [5] });
export const ofCall: Equal<ReturnType<typeof ofObject.result>, number> = true;

export const generic = new Thread({ target: same, args: ["x"] });
export const ofGeneric: Equal<ReturnType<typeof generic.result>, string> = true;

export const open = new Thread({ target: (n, text) => n + text.length, args: [1, "x"] });
export const ofOpen: Equal<ReturnType<typeof open.result>, number> = true;

export const sum = new Sum(3).start();
export const ofSubclass: [Equal<typeof sum, Sum>, Equal<ReturnType<Sum["result"]>, number>] = [true, true];

export const none = new Thread();
export const any: Thread[] = [thread, asleep, loud, sum, none, new Timer(1, add, [1, 2])];
export const options: ThreadOptions<[number], string> = { target: (n: number) => String(n), args: [1] };
export const inThread = <A extends unknown[], R>(target: (...args: A) => R, ...args: A): R =>
  new Thread({ target, args }).start().result();

// ---------------------------------------------------------------- timers

export const timer = new Timer(10, shout, ["x"], { times: 3 });
export const ofTimer: Equal<ReturnType<typeof timer.result>, string> = true;
export const ofGenericTimer: Equal<ReturnType<(typeof genericTimer)["result"]>, number> = true;
export const genericTimer = new Timer(10, same, [5]);
export const ofAsyncTimer: Equal<ReturnType<(typeof asyncTimer)["result"]>, string> = true;
export const asyncTimer = new Timer(10, later, [5]).start();
export const timers: Timer[] = [timer, new Ticker(5, () => undefined)];

// ---------------------------------------------------------------- primitives

export const { lock, tally } = sharedGlobals({
  lock: () => new Lock(),
  tally: () => new Int32Array(new SharedArrayBuffer(4)),
});
export const ofShared: Equal<typeof lock, Lock> = true;
export const next: number = lock.with(() => ++tally[0]);
export const saved: Promise<string> = lock.withAsync(async () => "saved", { timeout: 5 });
export const condition = new Condition(new Lock());
export const found: boolean = condition.with(() => condition.waitFor(() => tally[0] === 0, 5));
export const places: Semaphore[] = [new Semaphore(3), new BoundedSemaphore(3)];
export const barrier = new Barrier(2, { action: () => undefined, timeout: 3 });
export const place: Promise<number> = barrier.waitAsync({ timeout: 3 });
export const event = new Event();
export const controller: core.AbortSignalLike = {
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};
export const waits: Promise<boolean>[] = [event.waitAsync(5), event.waitAsync({ signal: controller })];
export const request = new Request();
export const id: number | undefined = request.id;
export const errors: readonly (new (message: string) => Error)[] = [BrokenBarrierError, OwnerDiedError, TimeoutError];

/** Handles, named where `share` is. */
export const handles: [
  lockTypes.PrimitiveHandle,
  eventTypes.PrimitiveHandle,
  semaphoreTypes.PrimitiveHandle,
  conditionTypes.PrimitiveHandle,
  barrierTypes.PrimitiveHandle,
  threading.PrimitiveHandle,
] = [lock.share(), event.share(), places[0]!.share(), condition.share(), barrier.share(), new RLock().share()];
export const again: [Lock, Event, Barrier] = [Lock.from(handles[0]), Event.from(handles[1]), Barrier.from(handles[4])];
export const placed: Lock = new Lock({ buffer: new SharedArrayBuffer(64), byteOffset: 8 });

// ---------------------------------------------------------------- one roof

export const roof: Equal<typeof threading.Thread, typeof Thread> = true;
export const main: [boolean, string, number] = [isMainThread, currentThread().name, core.getIdent()];
export const ident: number = startNewThread(shout, ["x"]);
