/**
 * News from the supervisor to a thread, for its next turn of the event loop: bits of a shared word.
 * A blocked thread takes no message out of its port, so a message per event could fill it with
 * millions. Only the setter of the first bit posts a message. The next is posted after the thread
 * has taken the bits.
 */
import { allocate, type Words } from "@x/core";
import { host } from "../platform/host.js";
import type { NewsMessage } from "./messages.js";
import type { Port } from "../platform/thread-platform.js";

/** A thread has died: tasks check again. */
export const DEATHS = 1;
/** The supervisor asks what the tasks of this thread wait for. */
export const TASKS_QUESTION = 2;
/** There is an order for the maker of the first worker: see control-block.ts. */
export const FIRST_WORKER = 4;

export function newNews(): Words {
  return allocate(Int32Array.BYTES_PER_ELEMENT);
}

/** Called by the supervisor. */
export function postNews(port: Port, { words, at }: Words, bit: number): void {
  if (Atomics.or(words, at, bit) === 0) host().post(port, { news: true } satisfies NewsMessage);
}

/** Called by the thread when the message has arrived. */
export function takeNews({ words, at }: Words): number {
  return Atomics.exchange(words, at, 0);
}
