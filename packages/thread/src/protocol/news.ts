/**
 * What the supervisor wants of a thread once its event loop has a turn: bits of a word that the two share. A thread that is blocked for long takes
 * no message out of its port, so what may come a million times must not be one message each: the one that sets the first bit posts one, and
 * no other is posted before the thread has taken the bits.
 */
import { allocate, type Words } from "@x/core";
import { host } from "../platform/host.js";
import type { NewsMessage } from "./messages.js";
import type { Port } from "../platform/thread-platform.js";

/** A thread has died: tasks look again at what they wait for. */
export const DEATHS = 1;
/** What do the tasks of the thread await? */
export const QUESTION = 2;

export function newNews(): Words {
  return allocate(Int32Array.BYTES_PER_ELEMENT);
}

/** By the supervisor. */
export function tellNews(port: Port, { words, at }: Words, bit: number): void {
  if (Atomics.or(words, at, bit) === 0) host().post(port, { news: true } satisfies NewsMessage);
}

/** By the thread, when the message has come. */
export function takeNews({ words, at }: Words): number {
  return Atomics.exchange(words, at, 0);
}
