/**
 * Numbers of shared memory, and of parcels, by which values as bytes name them. A parcel is a list of objects
 * that are moved beside the bytes. One thread takes it, once.
 *
 *   0       the memory of the program, from which threads cut their first primitives; all threads have it
 *   other   any other memory; `@x/thread` draws the numbers, and keeps the memory
 *
 * Slabs and memory of stores carry their number in themselves, so they have one number in all threads.
 * A SharedArrayBuffer of the user has no place for a number. It may get one from each thread that names
 * it; a thread that receives it by two numbers has two objects of one memory.
 *
 * A thread has an object for a number, or asks its keeper. The keeper has the memory as long as bytes in
 * some store name it: see MemoryKeeper.
 */
import { ThreadError } from "../errors.js";
import { globalSlot } from "../global-slot.js";
import { expectGarbage } from "../memory/garbage.js";
import { plainWords } from "../memory/plain-memory.js";
import { isSlabMemory, SLAB_NUMBER } from "../memory/slab-header.js";
import { isStoreMemory, markLeft, STORE_NUMBER } from "../memory/store.js";
import { wasmWords } from "../memory/wasm-memory.js";
import { viewOf } from "../memory/words.js";
import { memoryNamesIn, namesIn, parcelIn } from "./byte-format.js";
import type { Parcel } from "./encode.js";
import { checkTransfer } from "./move.js";

/** The memory of the program. */
const PROGRAM = 0;

/** Shared memory, and its number. */
export type NumberedMemory = readonly [number: number, memory: SharedArrayBuffer];

/** Shared memory, the objects of a parcel, or why they cannot be moved on. */
type Named = SharedArrayBuffer | readonly object[] | string;

/** What the keeper has for a number. */
export type NumberedThing = readonly [number: number, thing: Named];

/** A question to the keeper. */
export interface Asked {
  /** Blocks until the keeper has answered. */
  answer(): readonly NumberedThing[];
  answerAsync(): Promise<readonly NumberedThing[]>;
}

/**
 * Hands memory from thread to thread. It counts how many values in the store of a container name each
 * memory, because a thread that reads such a value asks for the memory.
 *
 * A container is memory of a store. Its counts end if no thread has it, and no value names it. So the keeper
 * knows the holders of a container: the threads that named it, stored into it, or fetched it. A container that has
 * left a thread in a message has unknown holders, and counts for ever.
 */
export interface MemoryKeeper {
  /** Can this thread name and fetch memory? */
  isReachable(): boolean;
  /** A number that no other memory of the program has. */
  newNumber(): number;
  /** A value that names this memory is about to be stored. This thread holds the container, and each memory that is one. */
  keep(container: NumberedMemory, memories: readonly NumberedMemory[]): void;
  /** Starts the keeper, if it has not been started. */
  start(): void;
  /**
   * Moves the objects of a parcel to the keeper: a value that names it is about to be stored. If the thread with the ident
   * `taker` alone may take the value, and this thread has a link to it, they move to that thread.
   *
   * @param taker {@link ANY_TAKER}, {@link LINKED_TAKER}, or an ident
   */
  deposit(container: NumberedMemory, parcel: Parcel, taker: number): void;
  /** Has this thread a link to the thread with this ident? */
  hasLink(ident: number): boolean;
  /** The objects of this parcel, if they came straight to this thread. They are its own from now on. */
  arrived(parcel: number): readonly object[] | undefined;
  /** A value that named this memory was taken out, or was not stored. */
  drop(container: number, numbers: readonly number[]): void;
  /** A value that named this parcel was dropped. Does nothing if the parcel was taken. */
  dropParcel(parcel: number): void;
  /** This thread has a container no more. */
  letGo(container: number): void;
  /** May a thread that blocks get these from the keeper? Else they reach it in its event loop only. */
  mayFetch(numbers: readonly number[]): boolean;
  /**
   * Asks for the memory and the parcels of these numbers, as far as they are kept. This thread holds each that is a
   * container, and a parcel is its own.
   */
  ask(numbers: readonly number[]): Asked;
}

/** Any thread may take the value. */
export const ANY_TAKER = 0;
/** Any thread may take the value, and may send objects back: this thread offers it a link. */
export const LINKED_TAKER = -1;

/**
 * A thread recognises up to 4096 memories by their numbers, as long as they take 64 MiB together, or are up
 * to four. It fetches any other again.
 */
const MOST_KNOWN = 4096;
const MOST_BYTES = 64 << 20;
const FEW = 4;

/** The memory of a thread. All references to it are weak. */
class KnownMemory {
  keeper: MemoryKeeper | undefined;
  /** The numbers of the user's memory. */
  readonly numbers = new WeakMap<SharedArrayBuffer, number>();
  /**
   * The objects by number. Bounded, because an engine keeps the target of a weak reference until the
   * event loop has a turn, which never comes in a thread that takes items in a loop.
   */
  readonly #objects = new Map<number, WeakRef<SharedArrayBuffer>>();
  #bytes = 0;
  /** How many objects of each container this thread has. */
  readonly #held = new Map<number, number>();
  readonly #noted = new WeakSet<SharedArrayBuffer>();

  readonly #forgotten = new FinalizationRegistry<{ readonly number: number; readonly bytes: number }>(
    ({ number, bytes }) => {
      this.#bytes -= bytes;
      if (this.#objects.get(number)?.deref() === undefined) this.#objects.delete(number);
    },
  );

  readonly #unheld = new FinalizationRegistry<number>((number) => {
    const left = this.#held.get(number)! - 1;
    if (left > 0) return void this.#held.set(number, left);
    this.#held.delete(number);
    this.keeper?.letGo(number);
  });

  object(number: number): SharedArrayBuffer | undefined {
    return this.#objects.get(number)?.deref();
  }

  /** This thread has this object for this number. */
  note(number: number, memory: SharedArrayBuffer): void {
    if (isStoreMemory(memory) && !this.#noted.has(memory)) {
      this.#noted.add(memory);
      this.#held.set(number, (this.#held.get(number) ?? 0) + 1);
      this.#unheld.register(memory, number);
    }
    if (this.object(number) !== undefined) return;
    const bytes = memory.byteLength;
    const known = this.#objects.size;
    if (known >= MOST_KNOWN || (known >= FEW && this.#bytes + bytes > MOST_BYTES)) return;
    this.#bytes += bytes;
    this.#objects.set(number, new WeakRef(memory));
    this.#forgotten.register(memory, { number, bytes });
  }
}

const known = /* @__PURE__ */ globalSlot("memory numbers 1", () => new KnownMemory());

/** `@x/thread` calls it. Without a keeper only the memory of the program has a number. */
export function setMemoryKeeper(keeper: MemoryKeeper): void {
  known.keeper = keeper;
}

/** The keeper, if this thread can reach it. */
function reachable(): MemoryKeeper | undefined {
  return known.keeper?.isReachable() === true ? known.keeper : undefined;
}

/** The number of this memory; undefined if no other thread could find it by a number. */
export function numberOfMemory(memory: SharedArrayBuffer): number | undefined {
  const program = wasmWords ?? plainWords();
  if (program !== undefined && (memory === program.buffer || isViewedBy(memory, program))) return PROGRAM;
  const keeper = reachable();
  if (keeper === undefined) return undefined;
  const place = placeOfNumber(memory);
  if (place !== undefined) return numberAt(place, keeper);
  let number = known.numbers.get(memory);
  if (number === undefined) {
    known.numbers.set(memory, (number = keeper.newNumber()));
    expectGarbage(memory.byteLength);
  }
  return number;
}

/**
 * Is it another object for the memory of this view? Not by `viewOf` for memory of the user: a view in a
 * WeakMap refers to its key, and V8 then collects the memory only with its old objects.
 */
function isViewedBy(memory: SharedArrayBuffer, words: Int32Array): boolean {
  return isSlabMemory(memory) && viewOf(memory) === words;
}

/** The place of the number in memory that carries it. */
function placeOfNumber(memory: SharedArrayBuffer): BigInt64Array | undefined {
  if (isSlabMemory(memory)) return new BigInt64Array(memory, SLAB_NUMBER, 1);
  return isStoreMemory(memory) ? new BigInt64Array(memory, STORE_NUMBER, 1) : undefined;
}

/** The number there; the first thread that asks draws it. */
function numberAt(place: BigInt64Array, keeper: MemoryKeeper): number {
  const number = Atomics.load(place, 0);
  if (number !== 0n) return Number(number);
  const drawn = keeper.newNumber();
  const was = Atomics.compareExchange(place, 0, 0n, BigInt(drawn));
  return was === 0n ? drawn : Number(was);
}

/** Bytes that name this memory are about to be stored in the store of `container`. @throws ThreadError if the supervisor is dead */
export function keepMemories(container: SharedArrayBuffer, memories: readonly NumberedMemory[]): void {
  const number = numberOfMemory(container);
  const { keeper } = known;
  if (number === undefined || keeper === undefined) return; // as the numbers of `memories` say, it is there
  known.note(number, container);
  for (const [name, memory] of memories) known.note(name, memory);
  keeper.keep([number, container], memories);
}

/** Bytes that name this memory were taken out of the store of `container`, or were not stored after {@link keepMemories}. */
export function dropMemories(container: SharedArrayBuffer, numbers: readonly number[]): void {
  if (numbers.length === 0) return;
  const number = numberOfMemory(container);
  if (number !== undefined) known.keeper?.drop(number, numbers);
}

/** Can objects move with a value in this container? Starts the keeper. @throws ThreadError if this thread can reach none */
export function checkMovable(container: SharedArrayBuffer | undefined, packageName: string): void {
  if (container !== undefined && numberOfMemory(container) !== undefined && reachable() !== undefined)
    return known.keeper!.start();
  throw new ThreadError(
    `${packageName}: objects move by way of @x/thread, and it has not been loaded here, or has not started this worker; ` +
      'import "@x/thread", and start the worker as a Thread',
  );
}

/**
 * Moves the objects of a parcel out of this thread: bytes that name it are about to be stored in the store of
 * `container`. Call it with the lock held, right before the store that publishes these bytes.
 *
 * @param taker see {@link MemoryKeeper}
 * @throws TypeError if an object cannot be moved; ThreadError if the supervisor is dead. Nothing is moved then
 */
export function depositParcel(
  container: SharedArrayBuffer,
  parcel: Parcel,
  packageName: string,
  taker: number = ANY_TAKER,
): void {
  const number = numberOfMemory(container)!;
  known.note(number, container);
  checkTransfer(parcel.objects, packageName); // again: they may have moved since
  try {
    known.keeper!.deposit([number, container], parcel, taker);
  } catch (error) {
    if (error instanceof ThreadError) throw error;
    throw new TypeError(`${packageName}: transfer has an object that cannot be moved: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Do parcels for the thread with this ident go straight to it? */
export function hasLinkTo(ident: number): boolean {
  return known.keeper?.hasLink(ident) === true;
}

/** A parcel is dropped. Does nothing if a thread has taken it. */
export function dropParcel(number: number): void {
  known.keeper?.dropParcel(number);
}

/** The names in these bytes are dropped, with the value. Bytes may be dropped twice if a thread has died meanwhile. */
export function dropNames(container: SharedArrayBuffer, bytes: Uint8Array): void {
  const parcel = parcelIn(bytes);
  dropMemories(container, memoryNamesIn(bytes));
  if (parcel !== undefined) dropParcel(parcel);
}

// ---------------------------------------------------------------- the reader

/** What some bytes name, by number: shared memory, and the objects of a parcel; undefined if they name nothing. */
export type Memories = ReadonlyMap<number, SharedArrayBuffer | readonly object[]> | undefined;

/** The memory that some bytes name: what this thread has, and a question for the rest. */
export interface Fetch {
  readonly found: Map<number, SharedArrayBuffer | readonly object[]>;
  readonly missing: readonly number[];
  readonly parcel: number | undefined;
  readonly asked: Asked | undefined;
}

/**
 * Asks for what the bytes name and this thread does not know; undefined if they name nothing. A parcel belongs to this
 * thread from now on.
 *
 * @throws ThreadError if this thread can ask no keeper, or the supervisor is dead
 */
export function beginFetch(bytes: Uint8Array, isAwaited: boolean): Fetch | undefined {
  const names = namesIn(bytes);
  if (names.length === 0) return undefined;
  const { found, missing: unknown } = lookUp(names);
  const parcel = parcelIn(bytes);
  const objects = parcel === undefined ? undefined : known.keeper?.arrived(parcel);
  if (objects !== undefined) found.set(parcel!, objects);
  const missing = objects === undefined ? unknown : unknown.filter((number) => number !== parcel);
  if (missing.length === 0) return { found, missing, parcel, asked: undefined };
  const refusal = refusalOf(missing, parcel !== undefined, isAwaited);
  if (refusal !== undefined) throw refusal;
  return { found, missing, parcel, asked: known.keeper!.ask(missing) };
}

/**
 * The memory named by the bytes; fetches what this thread does not know.
 *
 * @throws ThreadError if no thread keeps it, or if it cannot reach a thread that blocks
 */
export function memoriesIn(bytes: Uint8Array, fetch: Fetch | undefined = beginFetch(bytes, false)): Memories {
  if (fetch?.asked === undefined) return fetch?.found;
  return complete(fetch, fetch.asked.answer());
}

/** {@link memoriesIn} for tasks. */
export async function memoriesInAsync(
  bytes: Uint8Array,
  fetch: Fetch | undefined = beginFetch(bytes, true),
): Promise<Memories> {
  if (fetch?.asked === undefined) return fetch?.found;
  return complete(fetch, await fetch.asked.answerAsync());
}

/** The error that {@link memoriesIn} would throw, or {@link memoriesInAsync}, before an item leaves its queue. */
export function whyUnreadable(bytes: Uint8Array, isAwaited: boolean): ThreadError | undefined {
  const names = namesIn(bytes);
  if (names.length === 0) return undefined;
  return refusalOf(lookUp(names).missing, parcelIn(bytes) !== undefined, isAwaited);
}

function lookUp(names: readonly number[]): Pick<Fetch, "found" | "missing"> {
  const found: Fetch["found"] = new Map();
  for (const name of names) {
    const object = known.object(name);
    if (object !== undefined) found.set(name, object);
  }
  return { found, missing: found.size === names.length ? [] : names.filter((name) => !found.has(name)) };
}

function refusalOf(missing: readonly number[], isMoved: boolean, isAwaited: boolean): ThreadError | undefined {
  if (missing.length === 0) return undefined;
  const keeper = reachable();
  if (keeper === undefined) return isMoved ? notOurs() : unknownMemory();
  if (isAwaited || keeper.mayFetch(missing)) return undefined;
  if (isMoved) {
    return new ThreadError(
      "core: the value holds objects that were moved into it, and they cannot reach a thread that blocks here; " +
        "take the value by the async form of the method, such as getAsync()",
    );
  }
  return new ThreadError(
    "core: the value holds shared memory that is new to this thread, and cannot reach a thread that blocks here; " +
      "take the value by the async form of the method, or pass the memory to the thread as an argument",
  );
}

function notOurs(): ThreadError {
  return new ThreadError(
    "core: the value holds objects that were moved into it, and they reach only the threads of this library; take it in a Thread",
  );
}

function movedElsewhere(): ThreadError {
  return new ThreadError(
    "core: the value holds objects that were moved into it, and another thread has taken them; ask for it in one thread only",
  );
}

function complete({ found, missing, parcel }: Fetch, fetched: readonly NumberedThing[]): Memories {
  for (const [number, thing] of fetched) {
    if (typeof thing === "string") {
      throw new ThreadError(`core: the objects that were moved into the value could not be moved on: ${thing}`);
    }
    if (isParcel(thing)) {
      found.set(number, thing);
      continue;
    }
    const memory = thing;
    if (placeOfNumber(memory) === undefined) known.numbers.set(memory, number);
    known.note(number, memory);
    expectGarbage(memory.byteLength);
    found.set(number, memory);
  }
  const unknown = missing.find((number) => !found.has(number));
  if (unknown !== undefined) throw unknown === parcel ? movedElsewhere() : unknownMemory();
  return found;
}

function isParcel(thing: Named): thing is readonly object[] {
  return Array.isArray(thing);
}

/** The objects of the parcel that the bytes name; none if they name none. */
export function movedIn(bytes: Uint8Array, memories: Memories): readonly object[] {
  const parcel = parcelIn(bytes);
  return parcel === undefined ? NOTHING_MOVED : ((memories?.get(parcel) ?? NOTHING_MOVED) as readonly object[]);
}

const NOTHING_MOVED: readonly object[] = [];

/** A number for a parcel of this thread. */
export function newParcel(objects: readonly object[]): Parcel {
  return { number: known.keeper!.newNumber(), objects };
}

function unknownMemory(): ThreadError {
  return new ThreadError(
    "core: the bytes hold shared memory that this thread does not know; pass it to the thread as an argument",
  );
}

/** Finds the memory of a number: the memory of the program, or among `memories`. */
export function finderIn(memories: Memories): (number: number) => SharedArrayBuffer {
  return memories === undefined ? ofProgram : (number) => found(number, memories);
}

function ofProgram(number: number): SharedArrayBuffer {
  return found(number, undefined);
}

function found(number: number, memories: Memories): SharedArrayBuffer {
  const program = wasmWords ?? plainWords();
  const memory = number === PROGRAM ? program?.buffer : memories?.get(number);
  if (memory === undefined) throw unknownMemory();
  return memory as SharedArrayBuffer;
}

// ---------------------------------------------------------------- handles

let isNaming = false;

/** Runs `pack` for bytes: memory in handles is named then, and does not leave by a message. */
export function whileNaming<R>(pack: () => R): R {
  const was = isNaming;
  isNaming = true;
  try {
    return pack();
  } finally {
    isNaming = was;
  }
}

/** The memory of a container for its handle. */
export function memoryInHandle(memory: SharedArrayBuffer): SharedArrayBuffer {
  if (!isNaming) markLeft(memory);
  return memory;
}
