/**
 * What must not compile. Each mark precedes the code of an expected error, and has a part of its text: the compiler reports one error at
 * each mark, and none elsewhere. A mark may begin with the compiler it is about: `5.0:`, or `>5.0:` for the others.
 */
import { Barrier } from "@x/barrier";
import { Condition } from "@x/condition";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";
import { expose, sleep, startNewThread, Thread } from "@x/thread";
import { Timer } from "@x/timer";

export function add(a: number, b: number): number {
  return a + b;
}
export function shout(text: string, options: { times?: number } = {}): string {
  return text.repeat(options.times ?? 1);
}
export class Multiplier {
  constructor(readonly by: number) {}
  call(n: number): number {
    return n * this.by;
  }
}
export async function save(): Promise<string> {
  return "saved";
}

// ---------------------------------------------------------------- threads

new Thread({ target: add, args: [/*! Type 'string' is not assignable to type 'number' */ "1", 2] });
new Thread({ target: add, args: [1, /*! Type 'string' is not assignable to type 'number' */ "2"] });
new Thread({ target: add, args: [1, 2], /*! 'deamon' does not exist .* 'daemon' */ deamon: true });
new Thread({ target: add, /*! 'arguments' does not exist */ arguments: [1, 2] });
new Thread(/*! 'args' is missing|not assignable */ { target: add });
new Thread({ target: add, /*! Source has 1 element\(s\) but target requires 2 */ args: [1] });
new Thread({ target: add, /*! not assignable|Source has 3 */ args: [1, 2, 3] });
new Thread({
  target: shout,
  args: ["x"],
  /*! 5.0: not assignable to type 'undefined' */ kwargs: { /*! >5.0: 'time' does not exist .* 'times' */ time: 2 },
});
new Thread({
  target: shout,
  args: ["x"],
  /*! 5.0: not assignable to type 'undefined' */ kwargs: {
    /*! >5.0: Type 'string' is not assignable to type 'number' */ times: "2",
  },
});
// The call of an object counts for less than arguments that are there, so the object is blamed.
new Thread({ /*! Type 'Multiplier' is not assignable */ target: new Multiplier(2), args: ["x"] });
new Thread({ /*! Type 'number' is not assignable */ target: 5 });
new Thread({ /*! Type 'string' is not assignable to type 'boolean( \| undefined)?' */ daemon: "yes" });
new Thread({ /*! Type 'number' is not assignable to type 'string' */ name: 5 });
new Thread().join(/*! 'string' is not assignable to parameter of type 'number' */ "5");
new Thread().resultAsync({ /*! 'timeot' does not exist .*|but 'timeot'/ */ timeot: 5 });
export const /*! Type 'number' is not assignable to type 'string' */ text: string = new Thread({
    target: add,
    args: [1, 2],
  }).result();
startNewThread(shout, [/*! Type 'number' is not assignable to type 'string' */ 5]);
export class Sum extends Thread<number> {
  override /*! not assignable to the same property in base type */ run(): string {
    return "6";
  }
}

// ---------------------------------------------------------------- timers

new Timer(1, shout, [/*! Type 'number' is not assignable to type 'string' */ 5]);
new Timer(1, shout, ["x"], { /*! 'time' does not exist .* 'times' */ time: 2 });
/*! Expected 3-4 arguments, but got 2 */ new Timer(1, add);
new Timer(/*! 'string' is not assignable to parameter of type 'number' */ "1s", save);
export const /*! Type 'string' is not assignable to type 'number' */ times: number = new Timer(1, shout, [
    "x",
  ]).result();

// ---------------------------------------------------------------- primitives

export const lock = new Lock();
lock.with(async () => /*! 'Promise<string>' is not assignable */ save());
lock.with(() => /*! 'Promise<string>' is not assignable */ save());
lock.with(
  /*! 'Promise<void>' is not assignable */ async () => {
    await save();
  },
);
new Semaphore(2).with(async () => /*! 'Promise<number>' is not assignable */ 5);
new Condition().with(async () => /*! 'Promise<number>' is not assignable */ 5);
new Condition().waitFor(async () => /*! 'Promise<boolean>' is not assignable */ true);
lock.acquireAsync({ /*! 'timeot' does not exist */ timeot: 5 });
lock.acquire(/*! 'boolean' is not assignable to parameter of type 'number' */ false);
new Barrier(2, { /*! 'actoin' does not exist */ actoin: () => undefined });
new Lock({ buffer: new SharedArrayBuffer(64), /*! 'offset' does not exist */ offset: 8 });
Event.from(
  /*! not assignable to parameter of type '(MemoryPlacement \| PrimitiveHandle|PrimitiveHandle \| MemoryPlacement)' */ new Event(),
);
sleep(/*! 'string' is not assignable to parameter of type 'number' */ "1s");
expose({ /*! not assignable */ times: 5 });
