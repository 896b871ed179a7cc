/**
 * The functions of an executor's tasks, by number. The number lets a function travel only once.
 *
 * Words of the list: 0 its capacity; 1 how many callables there are; then their blocks. A callable has the
 * number 1, 2, … Words of its block: 0 is like HEAD of a record; then its bytes. Callables are never freed: a
 * program has few, because functions with the same text, and exposed functions with the same name, have one
 * number in all threads.
 */
import { type Envelope, unpack } from "@x/core";
import {
  decode,
  decodeEnvelope,
  encodeValue,
  exportRefOf,
  finderIn,
  NO_BLOCK,
  PLAIN,
  type TransferableCallable,
  transferableCallable,
} from "@x/core/internal";
import type { Records } from "./records.js";
import { CALLABLES, WORD_BYTES } from "./words.js";

const CAPACITY = 0;
const COUNT = 1;
const FIRST = 2;
const FIRST_CAPACITY = 6;
const KIND_BITS = 2;

/** The number of a callable that travels with the arguments. */
export const WITH_ARGUMENTS = 0;

type AnyFunction = (...args: never) => unknown;

/** A callable, ready for the store. */
export interface NewCallable {
  /** Identifies the callable in this thread. */
  readonly key: string;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

export class Callables {
  /** The numbers of this thread's functions, and of their texts or names. */
  readonly #numbers = new WeakMap<object, number>();
  readonly #keys = new Map<string, number>();
  /** The callables of this thread, by number. */
  readonly #known: (TransferableCallable | Envelope | undefined)[] = [];

  constructor(private readonly records: Records) {}

  /** The number of this function; undefined if this thread does not know it. */
  numberOf(fn: AnyFunction): number | undefined {
    return this.#numbers.get(fn);
  }

  /** @throws TypeError if the function cannot travel */
  encode(fn: AnyFunction): NewCallable | number {
    const callable = transferableCallable(fn, "executor");
    const ref = exportRefOf(fn);
    const key = ref === undefined || typeof callable !== "function" ? `text ${String(fn)}` : `${ref.url} ${ref.name}`;
    const known = this.#keys.get(key);
    if (known !== undefined) {
      this.#numbers.set(fn, known);
      return known;
    }
    const { kind, bytes } = encodeValue(callable, "target", "executor");
    return { key, kind, bytes: bytes.slice() };
  }

  /** Adds a callable, and returns its number; undefined if the memory is full. Call it under the lock. */
  add(fn: AnyFunction, { key, kind, bytes }: NewCallable): number | undefined {
    const { records } = this;
    const added = this.#find(kind, bytes);
    if (added !== undefined) {
      this.#keys.set(key, added);
      this.#numbers.set(fn, added);
      return added;
    }
    const list = this.#listForMore();
    if (list === NO_BLOCK) return undefined;
    const made = records.store.allocate(WORD_BYTES + bytes.length);
    if (made === NO_BLOCK) return undefined;
    records.set(made, 0, (bytes.length << KIND_BITS) | kind);
    records.store.write(made + WORD_BYTES, bytes);
    const count = records.word(list, COUNT);
    records.set(list, FIRST + count, made);
    records.set(list, COUNT, count + 1);
    this.#keys.set(key, count + 1);
    this.#numbers.set(fn, count + 1);
    return count + 1;
  }

  /** The number of the callable with these bytes; undefined if no thread has added it. */
  #find(kind: number, bytes: Uint8Array): number | undefined {
    const { records } = this;
    const list = records.head(CALLABLES);
    const count = list === NO_BLOCK ? 0 : records.word(list, COUNT);
    for (let number = 1; number <= count; number++) {
      const stored = records.word(list, FIRST + number - 1);
      if (records.word(stored, 0) !== ((bytes.length << KIND_BITS) | kind)) continue;
      const at = stored + WORD_BYTES;
      const same = records.store.bytes.subarray(at, at + bytes.length);
      if (bytes.every((byte, i) => byte === same[i])) return number;
    }
    return undefined;
  }

  #listForMore(): number {
    const { records } = this;
    const list = records.head(CALLABLES);
    const count = list === NO_BLOCK ? 0 : records.word(list, COUNT);
    const capacity = list === NO_BLOCK ? 0 : records.word(list, CAPACITY);
    if (count < capacity) return list;
    const larger = Math.max(FIRST_CAPACITY, 2 * capacity);
    const made = records.store.allocate((FIRST + larger) * WORD_BYTES);
    if (made === NO_BLOCK) return NO_BLOCK;
    records.set(made, CAPACITY, larger);
    records.set(made, COUNT, count);
    for (let i = 0; i < count; i++) records.set(made, FIRST + i, records.word(list, FIRST + i));
    records.setHead(CALLABLES, made);
    if (list !== NO_BLOCK) records.store.free(list, (FIRST + capacity) * WORD_BYTES);
    return made;
  }

  /** Reads a callable new to this thread. Call it under the lock. */
  learn(number: number): void {
    if (number === WITH_ARGUMENTS || this.#known[number] !== undefined) return;
    const { records } = this;
    const stored = records.word(records.head(CALLABLES), FIRST + number - 1);
    const head = records.word(stored, 0);
    const bytes = new Uint8Array(head >>> KIND_BITS);
    records.store.read(stored + WORD_BYTES, bytes);
    const isPlain = (head & ((1 << KIND_BITS) - 1)) === PLAIN;
    this.#known[number] = isPlain
      ? (decode(bytes, finderIn(undefined)) as TransferableCallable)
      : decodeEnvelope(bytes);
  }

  /** The envelope of a callable, if its modules may have to be loaded; undefined if the callable is ready. */
  envelopeOf(number: number): Envelope | undefined {
    const known = this.#known[number];
    return isEnvelope(known) ? known : undefined;
  }

  /** A callable known to this thread. @throws ThreadError if its module is not loaded */
  callable(number: number): TransferableCallable {
    let known = this.#known[number]!;
    if (isEnvelope(known)) this.#known[number] = known = unpack<TransferableCallable>(known);
    return known;
  }
}

function isEnvelope(known: unknown): known is Envelope {
  return typeof known === "object" && known !== null && "parts" in known;
}
