/** What the threads of moves.test.ts run. */
import { expose, move } from "@x/thread";
import { await_, signal } from "./thread.workers.mjs";

/** The length of a buffer, and the sum of its bytes. */
export function lengthAndSum(buffer) {
  return { length: buffer.byteLength, sum: new Uint8Array(buffer).reduce((sum, byte) => sum + byte, 0) };
}

/** Sends back what it receives through a port. */
export async function answersOne(port) {
  const question = await new Promise((resolve) => {
    port.onmessage = ({ data }) => resolve(data);
  });
  port.postMessage(question + 1);
  port.close();
}

let made;

export function makes(bytes, moves) {
  const buffer = new ArrayBuffer(bytes);
  new Uint8Array(buffer).fill(7);
  made = buffer;
  return moves ? move({ bytes, buffer }, [buffer]) : { bytes, buffer };
}

export async function makesLater(bytes) {
  await null;
  return makes(bytes, true);
}

export function movesBack(port) {
  return move({ port }, [port]);
}

/** How long the buffer that the last thread of this worker made is here. */
export function lengthOfMade() {
  return made?.byteLength;
}

/** Moves what the caller has given, and what cannot travel beside it. */
export function movesBadly() {
  const buffer = new ArrayBuffer(8);
  return move({ buffer, bad: () => 1 }, [buffer]);
}

export function makesBehind(flags, bytes) {
  await_(flags);
  const buffer = new ArrayBuffer(bytes);
  return move(buffer, [buffer]);
}

/** The error of a thread, with its cause, as text. */
export function whyItFailed(thread) {
  try {
    thread.result();
    return "a result";
  } catch (error) {
    return error.message + (error.cause === undefined ? "" : `: ${error.cause.message}`);
  }
}

export function computesForEver(flags) {
  signal(flags, 1);
  for (;;);
}

expose({
  makesBehind,
  whyItFailed,
  computesForEver,
  lengthAndSum,
  answersOne,
  makes,
  makesLater,
  movesBack,
  lengthOfMade,
  movesBadly,
});
