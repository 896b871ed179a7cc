/** The threads of moved.test.ts. */
import { expose } from "@x/thread";

const sumOf = (buffer) => new Uint8Array(buffer).reduce((sum, byte) => sum + byte, 0);

/** Gets so many buffers, and returns the sums of their bytes. */
export async function sums(queue, count) {
  const all = [];
  for (let i = 0; i < count; i++) all.push(sumOf((await queue.getAsync()).buffer));
  return all;
}

export function sumsBlocked(queue, count) {
  return Array.from({ length: count }, () => sumOf(queue.get().buffer));
}

/** Moves so many buffers into the queue; number n has n bytes of 1. */
export function moves(queue, first, count) {
  for (let n = first; n < first + count; n++) {
    const buffer = new ArrayBuffer(n);
    new Uint8Array(buffer).fill(1);
    queue.putMoved({ n, buffer }, [buffer]);
    if (buffer.byteLength !== 0) throw new Error("the buffer was copied");
  }
}

/** Why a blocked get is refused. */
export function whyRefused(queue) {
  try {
    queue.get();
    return "an item";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

expose({ sums, sumsBlocked, moves, whyRefused });
