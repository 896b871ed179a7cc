/**
 * Memory for the bytes of many small shared objects.
 *
 * Words: a guard, see guard.ts; then the head of a store, see core's store.ts. The memory of the store
 * is another buffer, which can grow.
 *
 * A thread makes a heap for each OBJECTS objects. The engine collects a heap when no thread refers to
 * any of them, so nothing has to be counted. A single live object keeps the blocks of the others.
 */
import { allocate, type Blocker } from "@x/core";
import {
  forgetStored,
  ifItThrows,
  isSharedMemory,
  memoryInHandle,
  newStoreMemory,
  NO_BLOCK,
  Store,
  STORE_WORDS,
} from "@x/core/internal";
import { ThreadError } from "@x/core";
import { Guard, GUARD_WORDS } from "./guard.js";

/** 256: enough to make a heap cheap, and few enough to let their memory go. */
const OBJECTS = 256;
/** 256 MiB: browsers refuse to reserve much more for many memories. */
const MAX_BYTES = 2 ** 28;
const HEAP_BYTES = (GUARD_WORDS + STORE_WORDS) * Int32Array.BYTES_PER_ELEMENT;

/** A heap among the fields of a handle. */
export interface HeapHandle {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly memory: SharedArrayBuffer;
}

/** Is it the handle of a heap? A proxy may throw instead of an answer. */
export function isHeapHandle(value: unknown): value is HeapHandle {
  return ifItThrows(false, () => {
    const { buffer, byteOffset, memory } = value as HeapHandle;
    return (
      isSharedMemory(buffer) &&
      isSharedMemory(memory) &&
      byteOffset % Int32Array.BYTES_PER_ELEMENT === 0 &&
      byteOffset >= 0 &&
      byteOffset + HEAP_BYTES <= buffer.byteLength
    );
  });
}

export class Heap {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #store: Store;
  readonly #guard: Guard;

  static of({ buffer, byteOffset, memory }: HeapHandle, on: Blocker): Heap {
    return new Heap(new Int32Array(buffer), byteOffset / Int32Array.BYTES_PER_ELEMENT, memory, on);
  }

  static make(on: Blocker): Heap {
    const { words, at } = allocate(HEAP_BYTES);
    return new Heap(words, at, newStoreMemory(MAX_BYTES), on);
  }

  private constructor(words: Int32Array, at: number, memory: SharedArrayBuffer, on: Blocker) {
    this.#words = words;
    this.#at = at;
    this.#store = new Store(words, at + GUARD_WORDS, memory);
    const guarded = { refresh: () => this.#store.refresh(), repair: () => undefined };
    this.#guard = new Guard(words, at, guarded, on);
  }

  get handle(): HeapHandle {
    const byteOffset = this.#at * Int32Array.BYTES_PER_ELEMENT;
    return { buffer: this.#words.buffer as SharedArrayBuffer, byteOffset, memory: memoryInHandle(this.#store.memory) };
  }

  /** The memory of the bytes. */
  get memory(): SharedArrayBuffer {
    return this.#store.memory;
  }

  /** A block filled with `bytes`. @throws ThreadError if the memory is full */
  put(bytes: Uint8Array): number {
    return this.#guard.run(() => {
      const block = this.#store.allocate(bytes.length);
      if (block === NO_BLOCK)
        throw new ThreadError(
          "shared: the values of 256 objects take 256 MiB together; share large data as SharedArrayBuffers",
        );
      this.#store.write(block, bytes);
      return block;
    });
  }

  /** The words of the memory, at least up to the end of all blocks known to this thread. */
  get words(): Int32Array {
    this.#store.refresh();
    return this.#store.words;
  }

  /** Writes into a block still unknown to other threads. */
  fill(to: number, bytes: Uint8Array): void {
    this.#store.refresh();
    this.#store.write(to, bytes);
  }

  /** Frees the block of a value. */
  free(block: number, length: number): void {
    this.#guard.run(() => {
      forgetStored(this.#store, block, length);
      this.#store.free(block, length);
    });
  }

  /** A copy of the bytes of a block. The caller keeps others from freeing it. */
  read(block: number, length: number): Uint8Array {
    this.#store.refresh();
    const bytes = new Uint8Array(length);
    this.#store.read(block, bytes);
    return bytes;
  }
}

let heap: Heap | undefined;
let objects = 0;

/** The heap for the next object of this thread. */
export function nextHeap(on: Blocker): Heap {
  if (objects++ % OBJECTS === 0) heap = Heap.make(on);
  return heap!;
}
