/** The mutexes in JavaScript, for rows about locks. */
import { Lock } from "@x/lock";
import { multithreading, openMutex } from "./rivals.js";
import { Missing } from "./row.js";

/** Calls `body` under the lock. Without `try`, because no measured code throws. */
export type Exclusively = (body: () => void) => void;

export interface Mutex<S = unknown> {
  /** The shared part, for all threads. */
  readonly make: () => S;
  readonly open: (shared: S) => Exclusively | Promise<Exclusively>;
}

/** Ties the type of `make` to that of `open`. */
function mutex<S>(made: Mutex<S>): Mutex {
  return made as Mutex;
}

const UNLOCKED = 0;
const LOCKED = 1;
const CONTENDED = 2;

/** The three-state lock of Drepper's "Futexes Are Tricky", inlined: the best possible in JavaScript. */
const raw = mutex<Int32Array>({
  make: () => new Int32Array(new SharedArrayBuffer(64)),
  open: (words) => (body) => {
    if (Atomics.compareExchange(words, 0, UNLOCKED, LOCKED) !== UNLOCKED) {
      while (Atomics.exchange(words, 0, CONTENDED) !== UNLOCKED) Atomics.wait(words, 0, CONTENDED);
    }
    body();
    if (Atomics.exchange(words, 0, UNLOCKED) === CONTENDED) Atomics.notify(words, 0, 1);
  },
});

const lock = (make: () => Lock): Mutex =>
  mutex<ReturnType<Lock["share"]>>({
    make: () => make().share(),
    open: (handle) => {
      const lock = Lock.from(handle);
      return (body) => {
        lock.acquire();
        body();
        lock.release();
      };
    },
  });

const ours = lock(() => new Lock());

/**
 * Memory like that of primitives after the first sixteen thousand, or of primitives in the user's
 * memory.
 */
const elsewhere = lock(() => new Lock({ buffer: new SharedArrayBuffer(Lock.BYTES) }));

/** V8's mutex, behind --harmony-struct. */
interface V8Atomics {
  readonly Mutex?: { new (): object; lock(mutex: object, body: () => void): void };
}

const v8 = mutex<object>({
  make: () => {
    const { Mutex } = Atomics as V8Atomics;
    if (Mutex === undefined) throw new Missing("this V8 has no Atomics.Mutex");
    return new Mutex();
  },
  open: (mutex) => {
    const { Mutex } = Atomics as V8Atomics;
    return (body) => Mutex!.lock(mutex, body);
  },
});

const npm = mutex<SharedArrayBuffer>({
  make: () => new SharedArrayBuffer(4),
  open: async (buffer) => {
    const lock = openMutex(await multithreading(), buffer);
    return (body) => {
      const guard = lock.blockingLock();
      body();
      guard.dispose();
    };
  },
});

export const MUTEXES = { ours, elsewhere, raw, v8, npm };

/** The flags of Node for {@link MUTEXES}.v8. */
export const V8_FLAGS: readonly string[] = ["--harmony-struct"];
