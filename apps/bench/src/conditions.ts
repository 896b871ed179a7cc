/** The conditions in JavaScript, each with its lock, for rows about conditions. */
import { Condition, type ConditionHandle } from "@x/condition";
import { Lock } from "@x/lock";
import { multithreading, openMutex } from "./rivals.js";

/** The operations of a condition and its lock. */
export interface Opened {
  readonly acquire: () => void;
  readonly release: () => void;
  /** Needs the lock. May return without a notify. */
  readonly wait: () => void;
  readonly notify: (n: number) => void;
}

export interface ConditionKind<S = unknown> {
  /** The shared part, for all threads. */
  readonly make: () => S;
  readonly open: (shared: S) => Opened | Promise<Opened>;
}

function kind<S>(made: ConditionKind<S>): ConditionKind {
  return made as ConditionKind;
}

const ours = kind<ConditionHandle>({
  make: () => new Condition(new Lock()).share(),
  open: (handle) => {
    const condition = Condition.from<Lock>(handle);
    return {
      acquire: () => void condition.acquire(),
      release: () => condition.release(),
      wait: () => void condition.wait(),
      notify: (n) => condition.notify(n),
    };
  },
});

const LOCK = 0;
const SEQUENCE = 16;

const UNLOCKED = 0;
const LOCKED = 1;
const CONTENDED = 2;

/**
 * A lock, and a word that each notify changes. The cheapest condition, and inexact: a notify may
 * wake two waiters.
 */
const raw = kind<Int32Array>({
  make: () => new Int32Array(new SharedArrayBuffer(128)),
  open: (words) => {
    const acquire = (): void => {
      if (Atomics.compareExchange(words, LOCK, UNLOCKED, LOCKED) === UNLOCKED) return;
      while (Atomics.exchange(words, LOCK, CONTENDED) !== UNLOCKED) Atomics.wait(words, LOCK, CONTENDED);
    };
    const release = (): void => {
      if (Atomics.exchange(words, LOCK, UNLOCKED) === CONTENDED) Atomics.notify(words, LOCK, 1);
    };
    return {
      acquire,
      release,
      wait: () => {
        const sequence = Atomics.load(words, SEQUENCE);
        release();
        Atomics.wait(words, SEQUENCE, sequence);
        acquire();
      },
      notify: (n) => {
        Atomics.add(words, SEQUENCE, 1);
        Atomics.notify(words, SEQUENCE, n);
      },
    };
  },
});

const npm = kind<{ mutex: SharedArrayBuffer; condvar: SharedArrayBuffer }>({
  make: () => ({ mutex: new SharedArrayBuffer(4), condvar: new SharedArrayBuffer(4) }),
  open: async (buffers) => {
    const library = await multithreading();
    const mutex = openMutex(library, buffers.mutex);
    const condvar = new library.Condvar(buffers.condvar);
    let guard: ReturnType<typeof mutex.blockingLock>;
    return {
      acquire: () => void (guard = mutex.blockingLock()),
      release: () => guard.dispose(),
      wait: () => condvar.blockingWait(guard),
      notify: (n) => (n === 1 ? condvar.notifyOne() : condvar.notifyAll()),
    };
  },
});

export const CONDITIONS = { ours, raw, npm };
