/** `Atomics.waitAsync`: a task waits, and its thread is not blocked. */
import { ThreadError } from "../errors.js";

/** @throws ThreadError if the engine has no `Atomics.waitAsync` */
export function waitAsync(words: Int32Array, index: number, value: number): ReturnType<typeof Atomics.waitAsync> {
  if (typeof Atomics.waitAsync === "function") return Atomics.waitAsync(words, index, value);
  throw new ThreadError(
    "core: this engine has no Atomics.waitAsync, so no task can wait; wait in a worker by the form that blocks, " +
      "or use a newer one: Node 16, Chrome 87, Safari 16.4, Firefox 145",
  );
}

/**
 * Resolves at the next wake on `words[index]`; undefined if the word is no longer `value`. Does not
 * keep the process alive.
 */
export function awaitChange(words: Int32Array, index: number, value: number): Promise<unknown> | undefined {
  const wait = waitAsync(words, index, value);
  return wait.async ? wait.value : undefined;
}
