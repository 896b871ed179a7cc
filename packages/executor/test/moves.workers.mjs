/** The tasks of moves.test.ts. */
import { expose } from "@x/thread";
import { move } from "@x/executor";

export const lengthOfMoved = (buffer) => buffer.byteLength;

/** Adds 1 to each byte, and moves the buffer back. */
export function incrementMoved(buffer) {
  const bytes = new Uint8Array(buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i]++;
  return move({ buffer }, [buffer]);
}

export async function movesLaterOfTask(bytes) {
  await null;
  const buffer = new ArrayBuffer(bytes);
  return move(buffer, [buffer]);
}

export const lengthOfResult = async ({ future }) => (await future.resultAsync(20)).byteLength;

/** What it moves has moved already. */
export function movesTwice() {
  const buffer = new ArrayBuffer(8);
  move(buffer, [buffer]);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

export function standsBeforeMoved(flags) {
  Atomics.add(flags, 0, 1);
  Atomics.notify(flags, 0);
  Atomics.wait(flags, 1, 0, 20_000);
}

/** An async task: its worker is idle, but blocked from word 0 on until word 1 is set. 2: then it dies. */
export function standsWhileIdle(flags) {
  return new Promise((resolve) => {
    setTimeout(() => {
      standsBeforeMoved(flags);
      if (Atomics.load(flags, 1) === 2) throw new Error("the worker dies");
      resolve();
    }, 20);
  });
}

/** Submits a task to a worker that is idle, but blocked, and ends. Returns the future. */
export async function sendsStraight(executor, bytes, flags) {
  for (let n = 0; n < 4; n++) {
    const buffer = new ArrayBuffer(8);
    await executor.submit({ target: incrementMoved, args: [buffer], transfer: [buffer] });
  }
  executor.submit(standsWhileIdle, flags);
  Atomics.wait(flags, 0, 0, 10_000);
  const buffer = new ArrayBuffer(bytes);
  const future = executor.submit({ target: lengthOfMoved, args: [buffer], transfer: [buffer] });
  setTimeout(() => undefined, 1); // so its worker ends with it
  return { future };
}

expose({
  lengthOfMoved,
  incrementMoved,
  movesLaterOfTask,
  movesTwice,
  lengthOfResult,
  standsBeforeMoved,
  standsWhileIdle,
  sendsStraight,
});
