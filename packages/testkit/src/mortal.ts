/**
 * Deaths at each step, in one thread: a simulated thread dies before each of its stores in turn, and before and after
 * each of its messages to the keeper of objects that move.
 */
import type { Asked, MemoryKeeper, NumberedMemory, NumberedThing, Parcel } from "@x/core/internal";

const DEATH = new Error("this thread dies");

/** How many more stores and messages a thread makes before it dies. */
export interface Life {
  left: number;
}

const IMMORTAL: Life = { left: Infinity };

function step(life: Life): void {
  if (life.left-- <= 0) throw DEATH; // and at each later step, because a dead thread catches nothing
}

/** Never the same again, because the thread knows memory by its number. */
let drawn = 1000;

/** The keeper of all threads. A thread that dies in a message to it dies before or after the message. */
export class MortalKeeper implements MemoryKeeper {
  readonly parcels = new Set<number>();
  /** How many stored values name each memory. */
  readonly uses = new Map<number, number>();
  #life = IMMORTAL;

  /**
   * Runs `act` in a thread with this life, which is given the thread's views of shared memory. Returns true if the
   * thread died.
   */
  diesIn(life: Life, act: (mortal: (words: Int32Array) => Int32Array) => void): boolean {
    this.#life = life;
    const restore = mortalAtomics(life);
    try {
      act((words) => mortal(words, life));
      return false;
    } catch (error) {
      if (error !== DEATH) throw error;
      return true;
    } finally {
      restore();
      this.#life = IMMORTAL;
    }
  }

  isReachable(): boolean {
    return true;
  }
  newNumber(): number {
    return ++drawn;
  }
  keep(_: unknown, memories: readonly NumberedMemory[]): void {
    step(this.#life);
    for (const [number] of memories) this.#count(number, 1);
    step(this.#life);
  }
  start(): void {}
  deposit(_: unknown, { number }: Parcel): void {
    step(this.#life);
    this.parcels.add(number);
    step(this.#life);
  }
  hasLink(): boolean {
    return false;
  }
  arrived(): undefined {}
  drop(_: unknown, numbers: readonly number[]): void {
    step(this.#life);
    for (const number of numbers) this.#count(number, -1);
    step(this.#life);
  }
  dropParcel(parcel: number): void {
    step(this.#life);
    this.parcels.delete(parcel);
    step(this.#life);
  }
  letGo(): void {}
  mayFetch(): boolean {
    return true;
  }
  ask(numbers: readonly number[]): Asked {
    step(this.#life);
    const things = numbers.flatMap((number): NumberedThing[] => (this.parcels.delete(number) ? [[number, []]] : []));
    step(this.#life);
    return { answer: () => things, answerAsync: () => Promise.resolve(things) };
  }

  #count(number: number, by: number): void {
    this.uses.set(number, (this.uses.get(number) ?? 0) + by);
  }
}

/** The words behind each view of a thread that may die. */
const behind = new WeakMap<Int32Array, Int32Array>();

/** Atomic operations that store. */
const STORES = ["add", "and", "compareExchange", "exchange", "or", "store", "sub"] as const;

type Operation = (words: Int32Array, ...rest: number[]) => number;

/** Lets the atomic operations work on views of a thread that may die: each that stores is a step. Returns a function that ends this. */
function mortalAtomics(life: Life): () => void {
  const atomics = Atomics as unknown as Record<string, Operation>;
  const originals = [...STORES, "load", "notify"].map((name) => [name, atomics[name]!] as const);
  for (const [name, original] of originals) {
    const isStore = (STORES as readonly string[]).includes(name);
    atomics[name] = (words, ...rest) => {
      const real = behind.get(words);
      if (isStore && real !== undefined) step(life);
      return original(real ?? words, ...rest);
    };
  }
  return () => {
    for (const [name, original] of originals) atomics[name] = original;
  };
}

function mortal(words: Int32Array, life: Life): Int32Array {
  const view = new Proxy(words, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
    set(target, name, value) {
      step(life);
      return Reflect.set(target, name, value, target);
    },
  });
  behind.set(view, words);
  return view;
}
