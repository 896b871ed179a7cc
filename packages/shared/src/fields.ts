/**
 * The fields of a shared object.
 *
 * Words: a guard (see guard.ts), then
 *   FIRST   the block of the newest field; NO_BLOCK if there is none
 *   by the owner of the guard
 * A field is a block of the heap: NEXT, the block of the field before it; NAME_BYTES, the length of its
 * name; a cell with its value, see cell.ts; then its name, as bytes.
 *
 * Invariants
 *   1. A field is there from the store of FIRST on, and stays for ever, because threads remember its place.
 *      A deleted field has an empty cell.
 *   2. NEXT and the name never change, so threads read them without the guard.
 */
import { adopt, allocate, type Blocker, type MemoryPlacement, PACK } from "@x/core";
import { decode, encode, NO_BLOCK } from "@x/core/internal";
import {
  ABSENT,
  CELL_WORDS,
  EMPTIED,
  HAS_BYTES,
  type Incoming,
  incomingOf,
  isAbsent,
  restored,
  seenIn,
  simpleIn,
  storingIn,
  write,
} from "./cell.js";
import { Guard, GUARD_WORDS } from "./guard.js";
import { Heap, type HeapHandle, nextHeap } from "./heap.js";

const FIRST = GUARD_WORDS;
const BYTES = (FIRST + 1) * Int32Array.BYTES_PER_ELEMENT;

const NEXT = 0;
const NAME_BYTES = 1;
const CELL = 2;
const NAME = CELL + CELL_WORDS;

/** The words and the heap of the fields of a shared object. */
export interface FieldsHandle extends MemoryPlacement {
  readonly byteOffset: number;
  readonly heap: HeapHandle;
}

/** A value decoded by a thread, and unchanged since. */
interface Known {
  readonly current: number;
  readonly value: unknown;
}

export class Fields {
  readonly words: Int32Array;
  readonly at: number;
  readonly #heap: Heap;
  readonly #guard: Guard;
  /** The cell of each field known to this thread, in the order of their arrival. */
  readonly #cells = new Map<string, number>();
  /** The newest known field. */
  #newest = NO_BLOCK;
  /** The words of the heap, at least up to the last known cell. */
  #view: Int32Array = new Int32Array(0);
  /** The references among the values, by cell. */
  readonly #known = new Map<number, Known>();

  constructor(on: Blocker, handle?: FieldsHandle) {
    const { words, at } = handle === undefined ? allocate(BYTES) : adopt(handle, BYTES, "shared", ["heap"]);
    this.words = words;
    this.at = at;
    this.#heap = handle === undefined ? nextHeap(on) : Heap.of(handle.heap, on);
    this.#guard = new Guard(words, at, NOTHING_TO_DO, on);
  }

  get handle(): FieldsHandle {
    const { words, at } = this;
    const byteOffset = at * Int32Array.BYTES_PER_ELEMENT;
    return { buffer: words.buffer as SharedArrayBuffer, byteOffset, heap: this.#heap.handle };
  }

  /** The value of a field; {@link ABSENT} if there is none. */
  get(name: string): unknown {
    const cell = this.#cellOf(name);
    if (cell === undefined) return ABSENT;
    const simple = simpleIn(this.#view, cell);
    if (simple !== HAS_BYTES) return simple;
    const known = this.#known.get(cell);
    if (known !== undefined && known.current === Atomics.load(this.#view, cell)) return known.value;
    const seen = this.#guard.run(() => seenIn(this.#view, cell, this.#heap));
    const value = restored(seen);
    if (isReference(value)) this.#known.set(cell, { current: seen.current, value });
    return value;
  }

  has(name: string): boolean {
    const cell = this.#cellOf(name);
    return cell !== undefined && !isAbsent(this.#view, cell);
  }

  /** @throws TypeError if the value cannot travel: nothing has changed */
  set(name: string, value: unknown, path: () => string): void {
    const incoming = incomingOf(value, path, this.#heap);
    if (incoming.bytes === undefined) this.#set(name, incoming);
    else storingIn(this.#heap, incoming, () => this.#set(name, incoming));
  }

  delete(name: string): void {
    if (this.#cellOf(name) !== undefined) this.#set(name, EMPTIED);
  }

  /** The names of all fields, in the order of their arrival. */
  names(): string[] {
    this.#lookForNew();
    return [...this.#cells.keys()].filter((name) => this.has(name));
  }

  /** The index of a field's cell, in the words of the heap; undefined if there is none. */
  #cellOf(name: string): number | undefined {
    const cell = this.#cells.get(name);
    if (cell !== undefined) return cell;
    return this.#lookForNew() ? this.#cells.get(name) : undefined;
  }

  /** Remembers the fields that came since the last time. Returns false if there are none. */
  #lookForNew(): boolean {
    const first = Atomics.load(this.words, this.at + FIRST);
    if (first === this.#newest) return false;
    const words = this.#heap.words;
    const found: [name: string, cell: number][] = [];
    for (let block = first; block !== this.#newest; block = words[(block >> 2) + NEXT]!) {
      const word = block >> 2;
      const bytes = this.#heap.read(block + NAME * Int32Array.BYTES_PER_ELEMENT, words[word + NAME_BYTES]!);
      found.push([decode(bytes) as string, word + CELL]);
    }
    for (const [name, cell] of found.reverse()) this.#cells.set(name, cell);
    this.#newest = first;
    this.#view = words;
    return true;
  }

  #set(name: string, incoming: Incoming): void {
    this.#guard.enter();
    try {
      const cell = this.#cellOf(name);
      if (cell === undefined) this.#add(name, incoming);
      else write(this.#view, cell, this.#heap, incoming);
    } finally {
      this.#guard.leave();
    }
  }

  /** Under the guard. */
  #add(name: string, incoming: Incoming): void {
    const bytes = encode(name)!.slice();
    const block = this.#heap.put(new Uint8Array(NAME * Int32Array.BYTES_PER_ELEMENT + bytes.length));
    const word = block >> 2;
    const { words } = this.#heap;
    words[word + NEXT] = this.words[this.at + FIRST]!;
    words[word + NAME_BYTES] = bytes.length;
    this.#heap.fill(block + NAME * Int32Array.BYTES_PER_ELEMENT, bytes);
    write(words, word + CELL, this.#heap, incoming);
    Atomics.store(this.words, this.at + FIRST, block);
  }
}

const NOTHING_TO_DO = {
  // The heap has a guard of its own. An operation leaves nothing to repair: invariant 1, and invariant 1 of cells.
  refresh: () => undefined,
  repair: () => undefined,
};

/** Does a value arrive as the same object each time, so that a thread may keep it? */
function isReference(value: unknown): boolean {
  return typeof value === "function" || (typeof value === "object" && value !== null && PACK in value);
}
