/** Rivals from npm that need help. */
import type * as Multithreading from "multithreading";
import type { Barrier, Mutex, Semaphore } from "multithreading";

type Library = typeof Multithreading;

/** `multithreading` needs `navigator` and `Promise.withResolvers`, missing in Node 20. */
export async function multithreading(): Promise<Library> {
  const { availableParallelism } = await import("node:os");
  const engine = globalThis as { navigator?: unknown; Promise: { withResolvers?: unknown } };
  engine.navigator ??= { hardwareConcurrency: availableParallelism() };
  engine.Promise.withResolvers ??= function withResolvers(this: PromiseConstructor) {
    let resolve, reject;
    const promise = new this((...both) => ([resolve, reject] = both));
    return { promise, resolve, reject };
  };
  return import("multithreading");
}

/**
 * Its primitives travel only to threads of its own. The second parameter of their constructors is
 * the way around.
 */
export function openMutex({ Mutex }: Library, buffer: SharedArrayBuffer): Mutex {
  return new Mutex(undefined, buffer);
}

export function openSemaphore({ Semaphore }: Library, buffer: SharedArrayBuffer): Semaphore {
  return new (Semaphore as unknown as new (permits: number, buffer: SharedArrayBuffer) => Semaphore)(0, buffer);
}

export function openBarrier({ Barrier }: Library, buffer: SharedArrayBuffer): Barrier {
  return new Barrier(undefined, buffer);
}

/** The words of a barrier: lock, parties, parties still to come, generation. */
export function newBarrierWords(parties: number): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(16));
  words.set([0, parties, parties, 0]);
  return words;
}
