/** The base of all shared objects: words, and a lock. Every operation holds the lock. */
import { Primitive } from "@x/core";
import type { MemoryPlacement } from "@x/core";
import { Guard } from "./guard.js";
import { SharedLock } from "./shared-lock.js";

/** The static side of a shared object. */
interface SharedClass {
  readonly KIND: string;
  readonly BYTES: number;
  readonly FIELDS: readonly string[];
}

export abstract class SharedBase extends Primitive {
  /** @internal */
  protected readonly guard: Guard;
  #lock: SharedLock | undefined;

  /** @internal */
  protected constructor(Class: SharedClass, place: MemoryPlacement | undefined) {
    super(Class, place);
    this.guard = new Guard(this.words, this.at, this, this);
  }

  /** The lock of each operation. While a thread holds it, the thread's operations are atomic together. */
  get lock(): SharedLock {
    const { words, at } = this;
    const place = { buffer: words.buffer as SharedArrayBuffer, byteOffset: at * Int32Array.BYTES_PER_ELEMENT };
    return (this.#lock ??= new SharedLock(this.guard, place));
  }

  /** @internal */
  abstract refresh(): void;

  /** @internal */
  abstract repair(): void;
}
