/** The tasks of submitters.test.ts. */
import { unpack } from "@x/core";
import { move } from "@x/executor";
import { expose } from "@x/thread";
import { await_, echo, signal, standAsync } from "./executor.workers.mjs";

export { await_ };

export function endsAtOnce() {}

export function gated(flags) {
  await_(flags);
  return "through the gate";
}

/** Submits a task, and returns its future in a large object. */
export function submitsAndReturns(executor, value) {
  return { future: executor.submit(echo, value), rows: Array.from({ length: 20_000 }, (_, i) => ({ i })) };
}

export function submitsAtGate(executor, flags) {
  return { future: executor.submit(gated, flags) };
}

export function submits(executor, asks) {
  const future = executor.submit(endsAtOnce);
  if (asks) future.result();
}

/** Does not block, because Chromium takes two seconds to terminate a worker that blocks. */
export function submitsAndStands(executor, _, flags) {
  executor.submit(endsAtOnce);
  return standAsync(flags);
}

/** Submits a task to which a buffer moves, and returns its future. No worker takes the task yet. */
export function submitsMoved(executor, bytes) {
  const buffer = new ArrayBuffer(bytes);
  return { future: executor.submit({ target: lengthOfGiven, args: [buffer], transfer: [buffer] }) };
}

export function lengthOfGiven(buffer) {
  return buffer.byteLength;
}

/** Memory of this worker, which all its tasks return. */
const memory = new Int32Array(new SharedArrayBuffer(8));

export function memoryAtGate(flags) {
  await_(flags);
  Atomics.add(memory, 0, 1);
  return memory;
}

/** Asks for the result when the gate is open. Returns how many tasks have noted themselves in its memory. */
export async function asksAtGate({ future }, flags) {
  await standAsync(flags);
  return (await future.resultAsync())[0];
}

/** Has a future of another thread, and asks for nothing. */
export function hasFuture() {}

/** Has a result of another thread, but does not ask for it. Its worker ends with it, because a timer is left. */
export function seesDone({ future }, flags) {
  while (!future.done()) Atomics.wait(flags, 1, 0, 1);
  setTimeout(() => undefined, 50);
}

export function returnsBuffer(flags) {
  await_(flags);
  const buffer = new ArrayBuffer(8);
  return move(buffer, [buffer]);
}

export async function awaits({ future }) {
  return (await future.resultAsync()).byteLength;
}

/** Asks for the future in a message that other threads read, too. */
export async function unpacks(message, flags) {
  const { future } = unpack(message);
  signal(flags);
  return future.resultAsync();
}

let given;

export function keepsFuture(future) {
  given = future;
}

export async function asksGiven(_, flags) {
  await standAsync(flags);
  return given.resultAsync();
}

expose(import.meta.url, {
  endsAtOnce,
  gated,
  submitsAndReturns,
  submitsAtGate,
  submits,
  submitsAndStands,
  submitsMoved,
  lengthOfGiven,
  memoryAtGate,
  asksAtGate,
  hasFuture,
  seesDone,
  returnsBuffer,
  awaits,
  unpacks,
  keepsFuture,
  asksGiven,
});
