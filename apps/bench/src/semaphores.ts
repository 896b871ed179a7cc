/** The semaphores in JavaScript, for rows about semaphores. */
import { Semaphore } from "@x/semaphore";
import { multithreading, openSemaphore } from "./rivals.js";

export interface Opened {
  readonly acquire: () => void;
  readonly release: () => void;
}

export interface SemaphoreKind<S = unknown> {
  readonly make: (permits: number) => S;
  readonly open: (shared: S) => Opened | Promise<Opened>;
}

function kind<S>(made: SemaphoreKind<S>): SemaphoreKind {
  return made as SemaphoreKind;
}

const ours = kind<ReturnType<Semaphore["share"]>>({
  make: (permits) => new Semaphore(permits).share(),
  open: (handle) => {
    const semaphore = Semaphore.from(handle);
    return { acquire: () => void semaphore.acquire(), release: () => semaphore.release() };
  },
});

const PERMITS = 0;
const PARKED = 16;

function newWords(permits: number): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(128));
  words[PERMITS] = permits;
  return words;
}

/** A count of permits and a count of sleepers: a release without sleepers skips the notify. */
const raw = kind<Int32Array>({
  make: newWords,
  open: (words) => ({
    acquire: () => {
      for (;;) {
        const permits = Atomics.load(words, PERMITS);
        if (permits > 0) {
          if (Atomics.compareExchange(words, PERMITS, permits, permits - 1) === permits) return;
          continue;
        }
        Atomics.add(words, PARKED, 1);
        Atomics.wait(words, PERMITS, 0);
        Atomics.sub(words, PARKED, 1);
      }
    },
    release: () => {
      Atomics.add(words, PERMITS, 1);
      if (Atomics.load(words, PARKED) > 0) Atomics.notify(words, PERMITS, 1);
    },
  }),
});

/** Never sleeps. */
const spinning = kind<Int32Array>({
  make: newWords,
  open: (words) => ({
    acquire: () => {
      for (;;) {
        const permits = Atomics.load(words, PERMITS);
        if (permits > 0 && Atomics.compareExchange(words, PERMITS, permits, permits - 1) === permits) return;
      }
    },
    release: () => void Atomics.add(words, PERMITS, 1),
  }),
});

/** Releases only permits it has acquired itself, so it cannot take part in a ping-pong. */
const npm = kind<SharedArrayBuffer>({
  make: (permits) => {
    const buffer = new SharedArrayBuffer(8);
    new Int32Array(buffer)[0] = permits;
    return buffer;
  },
  open: async (buffer) => {
    const semaphore = openSemaphore(await multithreading(), buffer);
    let guard: ReturnType<typeof semaphore.blockingAcquire>;
    return { acquire: () => void (guard = semaphore.blockingAcquire()), release: () => guard.dispose() };
  },
});

export const SEMAPHORES = { ours, raw, spinning, npm };
