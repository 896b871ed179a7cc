import { type AbortSignalLike, type Deadline, type Steps, suspend, WAITED_ON_WORDS, wake } from "@x/core";
import { newSharedMemory } from "@x/core/internal";

/**
 * A bell for the tasks of this thread: they wait until another task or a callback rings. The wait is like a
 * wait for a word in shared memory.
 */
export class Bell {
  readonly #words = new Int32Array(newSharedMemory(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT));

  ring(): void {
    Atomics.add(this.#words, 0, 1);
    wake(this.#words, 0);
  }

  /** Waits for `isEnough()`, and asks it again after each ring. False if the deadline comes first. */
  until(isEnough: () => boolean, deadline: Deadline, signal: AbortSignalLike | undefined): Promise<boolean> {
    return suspend(this.#waiting(isEnough, deadline), signal, "executor");
  }

  *#waiting(isEnough: () => boolean, deadline: Deadline): Steps<boolean> {
    for (;;) {
      const value = Atomics.load(this.#words, 0);
      if (isEnough()) return true;
      if (deadline.expired()) return false;
      yield { words: this.#words, index: 0, value, deadline };
    }
  }
}
