/**
 * The records of an executor: tasks with their results, and progress of tasks. A record is a block of
 * the store, and the table of records names it.
 *
 * Words of a record
 *   STATE      PENDING    waits for a worker; in the list of its level
 *              RUNNING    a worker runs it
 *              VALUE, ERROR, CANCELLED, DIED, BROKEN   has ended so; in its submitter's list of arrivals,
 *                         or KEPT for other threads
 *              OVERFLOW   has ended, and the memory is too full for its result; otherwise like VALUE
 *              PROGRESS   a value told by a running task; in its submitter's list of arrivals
 *   ID         of its task. Ids recur after 2^32 tasks only
 *   SLOT       its place in the table
 *   NEXT, PREV its neighbours in the list of its level; NEXT in a list of arrivals. 0: none
 *   PREV       has ended: the count of COMPLETED, FAILED or CANCELLED with this task in it
 *   OWNER      the block of its submitter. If the submitter has left, the end of the task frees the record, or KEPT
 *   WORKER     RUNNING: the slot of the worker
 *   CALLABLE   the number of its function, see callables.ts; 0: the first of the arguments is called
 *   LEVEL      PENDING: the block of its level
 *   MARKS      CANCEL_REQUESTED   the task shall stop
 *              KEPT               the submitter has taken the result, or has left; other threads may yet ask
 *              UNTOLD             KEPT, and its submitter had left: the next thread that receives it reports its error if no
 *                                 thread asks
 *              TIMED_OUT          its worker was terminated, because it ran longer than TIMEOUT
 *              NAMED              the last of the arguments is its name
 *              PINNED             one worker alone may run it; it is not in the count of pending tasks
 *              SENT               PENDING or DIED: PINNED, because its objects went straight to this worker; it has not begun
 *   READERS    how many futures of other threads may ask for the result; KEPT: how many threads may yet read it, or decode
 *              what it names. The upper half counts the messages with such a future. The last one frees the record
 *   TIMEOUT    the longest run in milliseconds; NONE if there is no limit. DIED, and not TIMED_OUT: the ident of the dead worker
 *   SINCE      when it was submitted, then when it began: microseconds, wrapping
 *   HEAD       4 × the number of its bytes, and their kind, see payload.ts
 *   then its bytes and tails: the arguments, later the result
 * Words of the table: 0 its capacity; then a word per slot: the block of the record, or ~ (1 + the next
 * free slot), ~0 at the end
 * Words of a level: its PRIORITY; the NEXT_LEVEL, of a lower priority; FIRST and LAST task, 0: none.
 * Levels are sorted. An executor has few priorities, so its levels stay. A worker may have a level of its own, whose
 * tasks are PINNED to it; workers.ts names it.
 *
 * Invariants
 *   1. A record exists from the store of its block in the table until the store of another number there.
 *      All its parts are written before, and its block is freed after.
 *   2. Its STATE alone says where it is. Lists, counts and free slots follow from the table, and a dead
 *      owner of the lock may leave them half changed: the next owner makes them anew, see `repair`.
 *   3. A larger result gets another block. It is complete before the store in the table.
 *   4. The objects that move with a record are at the keeper before the record exists. Meanwhile MOVING names its
 *      block, and its bytes name the objects. So a dead owner may leave a block in MOVING: if the block is not in
 *      the table, the next owner drops the objects. A result in the block of its task is in the table: its objects
 *      are dropped with the task of the dead worker.
 *   5. Only the worker that WORKER names changes a RUNNING record; other threads set its MARKS. A worker that
 *      counts as dead may still run (Deno). So each worker checks after each acquire that its slot is still its own.
 */
import {
  ANY_TAKER,
  clock,
  depositParcel,
  dropParcel,
  forgetParcel,
  forgetStored,
  lengthWithoutTails,
  LINKED_TAKER,
  namesStored,
  NO_BLOCK,
  readTails,
  Store,
  storedLength,
  type Tails,
  writeStored,
} from "@x/core/internal";
import { INTEGER, PACKED, type Payload, PLAIN } from "./payload.js";
import {
  CANCELLED as CANCELLED_COUNT,
  COMPLETED,
  FAILED,
  FREE,
  HIGH,
  IDS,
  LEVELS,
  MOVING,
  NONE,
  PENDING as PENDING_COUNT,
  RUNNING as RUNNING_COUNT,
  RUN_TIMES,
  STORE,
  SUBMITTERS,
  TABLE,
  TIMES,
  WAIT_TIMES,
  WORD_BYTES,
} from "./words.js";
import { ARRIVALS, IDENT, LAST_ARRIVAL, NEXT_SUBMITTER } from "./submitters.js";

export const STATE = 0;
export const ID = 1;
export const SLOT = 2;
const NEXT = 3;
const PREV = 4;
const OWNER = 5;
export const WORKER = 6;
export const CALLABLE = 7;
const LEVEL = 8;
export const MARKS = 9;
export const READERS = 10;
export const TIMEOUT = 11;
const SINCE = 12;
export const HEAD = 13;
const RECORD_WORDS = 14;
export const RECORD_BYTES: number = RECORD_WORDS * WORD_BYTES;

export const PENDING = 1;
export const RUNNING = 2;
export const VALUE = 3;
export const ERROR = 4;
export const CANCELLED = 5;
export const DIED = 6;
export const BROKEN = 7;
export const OVERFLOW = 8;
export const PROGRESS = 9;

export const CANCEL_REQUESTED = 1;
export const KEPT = 2;
export const TIMED_OUT = 4;
export const NAMED = 8;
const PINNED = 16;
export const SENT = 32;
export const UNTOLD = 64;

/** In READERS. From MESSAGES_MAX on it counts messages no more, and the record stays. */
const ONE_MESSAGE = 1 << 16;
const MESSAGES_MAX = 0x7fff * ONE_MESSAGE;

const PRIORITY = 0;
const NEXT_LEVEL = 1;
const FIRST = 2;
const LAST = 3;
const LEVEL_BYTES = 4 * WORD_BYTES;

const FIRST_CAPACITY = 8;

const KIND_BITS = 2;
const KIND_MASK = 3;

/** A minute before: a thread may have read the clock for its acquire before another thread did for its submit. */
const EARLIER = 2 ** 32 - 60e6;

/** 512 MiB: the number of bytes and the kind fit into a word. */
const BYTES_MAX: number = 2 ** 29 - 1;

/** Names a record during the life of its future. */
export interface RecordName {
  readonly slot: number;
  readonly id: number;
}

/** The bytes of arguments or of a result, after they have left the store. */
export interface Bytes {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** Copies of its large buffers. */
  readonly tails?: Tails;
}

/** A new task. */
export interface NewTask {
  readonly callable: number;
  readonly priority: number;
  /** Milliseconds, or NONE. */
  readonly timeout: number;
  /** Is its name the last of the arguments? */
  readonly isNamed: boolean;
  /** The level of the only worker that may run it; undefined: any worker may. */
  readonly pinnedTo?: number | undefined;
  /** The ident of this worker, if the objects that move go straight to it. They end with it. */
  readonly sentTo?: number | undefined;
}

/** The records. Call all methods under the lock. */
export class Records {
  readonly store: Store;
  /** The submitters with a new arrival, until the owner of the lock rings them. */
  #rings: number[] = [];
  /** Has a task ended, and may other threads wait for it? */
  #ringsAll = false;
  /** When this thread began its last acquire of the lock, in microseconds, wrapping. */
  #now = 0;

  constructor(
    readonly words: Int32Array,
    readonly at: number,
    memory: SharedArrayBuffer,
  ) {
    this.store = new Store(words, at + STORE, memory);
  }

  /**
   * Reads the clock, for all that happens under the next acquire. Call it before the acquire: a read takes a fifth of the
   * time for which a submit holds the lock.
   */
  readClock(): void {
    this.#now = ((clock.timeOrigin + clock.now()) * 1000) | 0;
  }

  // ---------------------------------------------------------------- words

  word(block: number, index: number): number {
    return this.store.words[(block >> 2) + index]!;
  }

  set(block: number, index: number, value: number): void {
    this.store.words[(block >> 2) + index] = value;
  }

  head(index: number): number {
    return this.words[this.at + index]!;
  }

  setHead(index: number, value: number): void {
    this.words[this.at + index] = value;
  }

  #count(index: number, by: number): void {
    this.words[this.at + index]! += by;
  }

  // ---------------------------------------------------------------- a record's life

  /**
   * Adds a pending task of this submitter. NO_BLOCK if the memory is full; nothing has changed then.
   *
   * @throws TypeError if an object cannot be moved; nothing has changed then
   */
  add(task: NewTask, args: Payload, owner: number): number {
    const level = task.pinnedTo ?? this.#levelOf(task.priority);
    const block = level === NO_BLOCK ? NO_BLOCK : this.#newRecord(args, owner);
    if (block === NO_BLOCK) return NO_BLOCK;
    this.set(block, STATE, PENDING);
    this.set(block, CALLABLE, task.callable);
    this.set(block, LEVEL, level);
    this.set(block, MARKS, marksOf(task));
    this.set(block, TIMEOUT, task.timeout);
    this.set(block, SINCE, this.#now);
    try {
      this.#deposit(args, block, task.sentTo ?? LINKED_TAKER);
    } catch (error) {
      this.#freeBlock(block);
      throw error;
    }
    if (!this.#enter(block)) {
      if (args.parcel !== undefined) dropParcel(args.parcel.number);
      this.#deposited(args);
      return NO_BLOCK;
    }
    this.#deposited(args);
    this.#append(level, block);
    return block;
  }

  /** Adds a value told by a running task. False if the memory is full. */
  addProgress(of: number, value: Payload): boolean {
    const block = this.#newRecord(value, this.word(of, OWNER));
    if (block === NO_BLOCK) return false;
    this.set(block, STATE, PROGRESS);
    this.set(block, ID, this.word(of, ID));
    if (!this.#enter(block)) return false;
    this.#arrive(block);
    return true;
  }

  #newRecord(payload: Payload, owner: number): number {
    const length = lengthOf(payload);
    const block = length > BYTES_MAX ? NO_BLOCK : this.store.allocate(RECORD_BYTES + length);
    if (block === NO_BLOCK) return NO_BLOCK;
    const id = (this.head(IDS) + 1) | 0;
    this.setHead(IDS, id);
    this.set(block, ID, id);
    this.set(block, NEXT, NO_BLOCK);
    this.set(block, PREV, NO_BLOCK);
    this.set(block, OWNER, owner);
    this.set(block, WORKER, 0);
    this.set(block, MARKS, 0);
    this.set(block, READERS, 0);
    this.#write(block, payload);
    return block;
  }

  #write(block: number, payload: Payload): void {
    const { kind, integer, bytes, tails } = payload;
    this.set(block, HEAD, (lengthOf(payload) << KIND_BITS) | kind);
    if (kind === INTEGER) this.set(block, RECORD_WORDS, integer);
    else if (bytes.length > 0) writeStored(this.store, block + RECORD_BYTES, bytes, tails);
  }

  /** Writes a new record into the table: it exists. If there is no room, frees it, and returns false. */
  #enter(block: number): boolean {
    const slot = this.#freeSlot();
    if (slot === NONE) {
      this.#freeBlock(block);
      return false;
    }
    this.set(block, SLOT, slot);
    this.set(this.head(TABLE), 1 + slot, block);
    return true;
  }

  /** The next pending task to run; NO_BLOCK if there is none. */
  first(): number {
    for (let level = this.head(LEVELS); level !== NO_BLOCK; level = this.word(level, NEXT_LEVEL)) {
      const first = this.word(level, FIRST);
      if (first !== NO_BLOCK) return first;
    }
    return NO_BLOCK;
  }

  /** A pending task begins to run on this worker. */
  begin(block: number, worker: number): void {
    this.set(block, WORKER, worker);
    this.set(block, STATE, RUNNING);
    const marks = this.word(block, MARKS);
    if ((marks & SENT) !== 0) this.set(block, MARKS, marks & ~SENT);
    this.countTime(WAIT_TIMES, this.word(block, SINCE));
    this.set(block, SINCE, this.#now);
    this.#unlink(block);
    this.#count(RUNNING_COUNT, 1);
  }

  /** Moves the objects of a payload to the keeper. The block names them, and the record exists soon. */
  #deposit({ parcel }: Payload, block: number, taker: number): void {
    if (parcel === undefined) return;
    this.setHead(MOVING, block);
    try {
      depositParcel(this.store.memory, parcel, "executor", taker);
    } catch (error) {
      this.setHead(MOVING, NO_BLOCK);
      throw error;
    }
  }

  /** The record of these objects exists, or they are dropped. */
  #deposited({ parcel }: Payload): void {
    if (parcel !== undefined) this.setHead(MOVING, NO_BLOCK);
  }

  /** Stops keeping the memory that the bytes of a record name: no thread has read the bytes, or will. */
  #forget(block: number): void {
    if (this.#hasBytes(block)) forgetStored(this.store, block + RECORD_BYTES, this.length(block));
  }

  #hasBytes(block: number): boolean {
    const kind = this.kind(block);
    return kind === PLAIN || kind === PACKED;
  }

  /**
   * Ends a running task with this result. False if the memory is full; it runs on then.
   *
   * @throws TypeError if an object of the result cannot be moved; it runs on then
   */
  finish(block: number, state: typeof VALUE | typeof ERROR, result: Payload): boolean {
    const made = this.#roomFor(block, lengthOf(result));
    if (made === NO_BLOCK) return false;
    this.#write(made, result);
    try {
      this.#deposit(result, made, this.#takerOfResult(made));
    } catch (error) {
      if (made !== block) this.#freeBlock(made);
      throw error;
    }
    this.#end(block, made, state);
    this.#deposited(result);
    return true;
  }

  /** The ident of the thread that alone may take the result: the submitter, while no other thread has a future of the task. */
  #takerOfResult(block: number): number {
    return this.hasReaders(block) ? ANY_TAKER : this.word(this.word(block, OWNER), IDENT);
  }

  /** Ends a running task without a result. */
  end(block: number, state: typeof DIED | typeof OVERFLOW, ident: number): void {
    this.#noteDead(block, ident);
    // The worker may have died before it took the objects that moved to it.
    if (this.#hasBytes(block)) forgetParcel(this.store, block + RECORD_BYTES, this.length(block));
    this.#end(block, block, state);
  }

  /** A pending task ends without a result. It arrives at its submitter. */
  drop(block: number, state: typeof CANCELLED | typeof BROKEN | typeof DIED): void {
    this.#forget(block);
    this.#unlink(block);
    this.set(block, PREV, this.#countAfter(state));
    this.set(block, STATE, state);
    this.setHead(countOf(state), this.#countAfter(state));
    this.#arrive(block);
  }

  /** The ident of the dead worker. WORKER stays: if this thread dies, too, the next one ends the tasks of that slot again. */
  #noteDead(block: number, ident: number): void {
    if ((this.word(block, MARKS) & TIMED_OUT) === 0) this.set(block, TIMEOUT, ident);
  }

  #countAfter(state: number): number {
    return (this.head(countOf(state)) + 1) | 0;
  }

  /**
   * The thread that ended this task may have died before it counted:
   * // T1 ends the task, and dies; the submitter has its result, and `completed` would be one short for ever.
   */
  #recount(block: number, state: number): void {
    if (this.word(block, PREV) === this.#countAfter(state)) this.setHead(countOf(state), this.word(block, PREV));
  }

  #end(block: number, made: number, state: number): void {
    this.set(made, PREV, this.#countAfter(state));
    this.set(made, STATE, state);
    if (made !== block) {
      this.set(this.head(TABLE), 1 + this.word(block, SLOT), made);
      this.#freeBlock(block);
    }
    this.#count(RUNNING_COUNT, -1);
    this.setHead(countOf(state), this.#countAfter(state));
    this.countTime(RUN_TIMES, this.word(made, SINCE));
    this.#arrive(made);
  }

  /**
   * The block, if its class is the class for so many bytes; else a copy of the record in another block, or
   * NO_BLOCK. The class of a block follows from the length in HEAD.
   */
  #roomFor(block: number, length: number): number {
    if (isSameClass(length, this.length(block))) return block;
    const made = length > BYTES_MAX ? NO_BLOCK : this.store.allocate(RECORD_BYTES + length);
    if (made === NO_BLOCK) return NO_BLOCK;
    const { words } = this.store; // after the allocation, because it may extend the views
    for (let i = 0; i < RECORD_WORDS; i++) words[(made >> 2) + i] = words[(block >> 2) + i]!;
    return made;
  }

  /** A future of this task leaves its thread in a message. */
  addMessage(block: number): void {
    if (this.word(block, READERS) < MESSAGES_MAX) this.set(block, READERS, this.word(block, READERS) + ONE_MESSAGE);
  }

  /**
   * A thread has read the message. Another thread may have read it, too, and then nothing is left to take.
   *
   * // The tempting way, one count for messages and readers: T1 and T2 read one message, and T1 drops its future. The count
   * // is 0, so the end of the task rings nobody, and T2 sleeps for ever.
   */
  takeMessage(block: number): void {
    const readers = this.word(block, READERS);
    if (readers >= ONE_MESSAGE && readers < MESSAGES_MAX) this.set(block, READERS, readers - ONE_MESSAGE);
  }

  addReader(block: number): void {
    this.set(block, READERS, this.word(block, READERS) + 1);
  }

  /** May other threads ask for the result? */
  hasReaders(block: number): boolean {
    return this.word(block, READERS) !== 0;
  }

  /** Is one reader left, and no message? */
  isLastReader(block: number): boolean {
    return this.word(block, READERS) === 1 && (this.word(block, MARKS) & KEPT) !== 0;
  }

  /** A reader needs this record no more. Frees it after the last one. */
  dropReader(block: number): void {
    if (this.isLastReader(block)) this.#freeUnread(block);
    else this.set(block, READERS, this.word(block, READERS) - 1);
  }

  /** Does its result name shared memory, or objects that move? */
  namesAny(block: number): boolean {
    const state = this.word(block, STATE);
    return (
      (state === VALUE || state === ERROR) &&
      this.#hasBytes(block) &&
      this.length(block) > 0 &&
      namesStored(this.store, block + RECORD_BYTES)
    );
  }

  /** Frees an ended record that no thread will read. */
  #freeUnread(block: number): void {
    const state = this.word(block, STATE);
    if (state === VALUE || state === ERROR || state === PROGRESS) this.#forget(block);
    this.free(block);
  }

  /** Frees a record; then it exists no more. */
  free(block: number): void {
    const slot = this.word(block, SLOT);
    this.set(this.head(TABLE), 1 + slot, ~this.head(FREE));
    this.setHead(FREE, slot + 1);
    this.#freeBlock(block);
  }

  #freeBlock(block: number): void {
    this.store.free(block, RECORD_BYTES + (this.word(block, HEAD) >>> KIND_BITS));
  }

  /** Counts the time from this moment until the acquire. */
  countTime(times: number, since: number): void {
    const took = (this.#now - since) >>> 0;
    this.#count(times + (took >= EARLIER ? 0 : Math.min(TIMES - 1, 32 - Math.clz32(took))), 1);
  }

  // ---------------------------------------------------------------- reading

  /** The block of this record; NO_BLOCK if it exists no more. A value of PROGRESS has the id of its task, but another slot. */
  find({ slot, id }: RecordName): number {
    const block = this.word(this.head(TABLE), 1 + slot);
    return block > 0 && this.word(block, ID) === id && this.word(block, STATE) !== PROGRESS ? block : NO_BLOCK;
  }

  /** How many bytes it takes, with its tails. */
  length(block: number): number {
    return this.word(block, HEAD) >>> KIND_BITS;
  }

  /** The number of its bytes, without its tails. */
  bytesLength(block: number): number {
    return lengthWithoutTails(this.store, block + RECORD_BYTES, this.length(block));
  }

  /** Copies of its tails; `bytes` are its bytes. */
  tails(block: number, bytes: Uint8Array): Tails {
    return readTails(this.store, block + RECORD_BYTES, bytes);
  }

  kind(block: number): number {
    return this.word(block, HEAD) & KIND_MASK;
  }

  /** Its integer, if its kind is INTEGER. */
  integer(block: number): number {
    return this.word(block, RECORD_WORDS);
  }

  /** Copies its bytes; `into` has their length, and begins in the same memory as `words`. */
  read(block: number, into: Uint8Array, words?: Int32Array): void {
    this.store.read(block + RECORD_BYTES, into, words);
  }

  /** All records. */
  *all(): Generator<number, void, void> {
    const high = this.head(HIGH);
    for (let slot = 0; slot < high; slot++) {
      const block = this.word(this.head(TABLE), 1 + slot);
      if (block > 0) yield block;
    }
  }

  // ---------------------------------------------------------------- the table

  /** A free slot of the table; NONE if the memory is full. Death after it: the slot is free again after the repair. */
  #freeSlot(): number {
    const free = this.head(FREE);
    if (free !== 0) {
      this.setHead(FREE, ~this.word(this.head(TABLE), free));
      return free - 1;
    }
    const high = this.head(HIGH);
    if (!this.#tableFor(high + 1)) return NONE;
    this.set(this.head(TABLE), 1 + high, ~0);
    this.setHead(HIGH, high + 1);
    return high;
  }

  #tableFor(size: number): boolean {
    const { store } = this;
    const table = this.head(TABLE);
    const capacity = table === NO_BLOCK ? 0 : this.word(table, 0);
    if (size <= capacity) return true;
    const larger = Math.max(FIRST_CAPACITY, 2 * capacity);
    const made = store.allocate((1 + larger) * WORD_BYTES);
    if (made === NO_BLOCK) return false;
    this.set(made, 0, larger);
    const from = (table >> 2) + 1;
    if (capacity > 0) store.words.copyWithin((made >> 2) + 1, from, from + capacity);
    this.setHead(TABLE, made);
    if (table !== NO_BLOCK) store.free(table, (1 + capacity) * WORD_BYTES);
    return true;
  }

  // ---------------------------------------------------------------- levels

  #levelOf(priority: number): number {
    let before: number = NO_BLOCK;
    let level = this.head(LEVELS);
    while (level !== NO_BLOCK && this.word(level, PRIORITY) > priority) {
      before = level;
      level = this.word(level, NEXT_LEVEL);
    }
    if (level !== NO_BLOCK && this.word(level, PRIORITY) === priority) return level;
    const made = this.newLevel(priority, level);
    if (made === NO_BLOCK) return NO_BLOCK;
    if (before === NO_BLOCK) this.setHead(LEVELS, made);
    else this.set(before, NEXT_LEVEL, made);
    return made;
  }

  /** A level without tasks; NO_BLOCK if the memory is full. */
  newLevel(priority: number, next: number): number {
    const made = this.store.allocate(LEVEL_BYTES);
    if (made === NO_BLOCK) return NO_BLOCK;
    this.set(made, PRIORITY, priority);
    this.set(made, NEXT_LEVEL, next);
    this.#empty(made);
    return made;
  }

  #empty(level: number): void {
    this.set(level, FIRST, NO_BLOCK);
    this.set(level, LAST, NO_BLOCK);
  }

  /** The first task of this level; NO_BLOCK if there is none. */
  firstOf(level: number): number {
    return this.word(level, FIRST);
  }

  /** A task pinned to this worker will not run: the worker has ended. */
  dropPinned(block: number, ident: number): void {
    const isSent = (this.word(block, MARKS) & SENT) !== 0;
    if (isSent) this.#noteDead(block, ident);
    this.drop(block, isSent ? DIED : CANCELLED);
  }

  #isPinned(block: number): boolean {
    return (this.word(block, MARKS) & PINNED) !== 0;
  }

  #append(level: number, block: number): void {
    const last = this.word(level, LAST);
    this.set(block, NEXT, NO_BLOCK);
    this.set(block, PREV, last);
    if (last === NO_BLOCK) this.set(level, FIRST, block);
    else this.set(last, NEXT, block);
    this.set(level, LAST, block);
    if (!this.#isPinned(block)) this.#count(PENDING_COUNT, 1);
  }

  #unlink(block: number): void {
    const level = this.word(block, LEVEL);
    const [next, prev] = [this.word(block, NEXT), this.word(block, PREV)];
    if (prev === NO_BLOCK) this.set(level, FIRST, next);
    else this.set(prev, NEXT, next);
    if (next === NO_BLOCK) this.set(level, LAST, prev);
    else this.set(next, PREV, prev);
    if (!this.#isPinned(block)) this.#count(PENDING_COUNT, -1);
  }

  // ---------------------------------------------------------------- arrivals

  /** Appends a record to its submitter's list of arrivals. */
  #arrive(block: number): void {
    const owner = this.word(block, OWNER);
    if (this.hasReaders(block)) this.#ringsAll = true;
    if (this.word(owner, IDENT) <= 0) return this.discard(block);
    const last = this.word(owner, LAST_ARRIVAL);
    this.set(block, NEXT, NO_BLOCK);
    if (last === NO_BLOCK) this.set(owner, ARRIVALS, block);
    else this.set(last, NEXT, block);
    this.set(owner, LAST_ARRIVAL, block);
    if (this.#rings.at(-1) !== owner) this.#rings.push(owner);
  }

  /** Has the submitter of this task left, and has no other thread its future? */
  isUnasked(block: number): boolean {
    return this.word(this.word(block, OWNER), IDENT) <= 0 && !this.hasReaders(block);
  }

  /** No submitter takes this ended record: it is there for other threads that may ask, or freed. */
  discard(block: number): void {
    if (this.hasReaders(block)) this.set(block, MARKS, this.word(block, MARKS) | KEPT | UNTOLD);
    else this.#freeUnread(block);
  }

  /** The submitters to ring; each once or more. */
  takeRings(): readonly number[] {
    const rings = this.#ringsAll ? [...this.submitters()] : this.#rings;
    if (rings.length > 0) {
      this.#rings = [];
      this.#ringsAll = false;
    }
    return rings;
  }

  /** The blocks of all submitters. */
  *submitters(): Generator<number, void, void> {
    for (let owner = this.head(SUBMITTERS); owner !== NO_BLOCK; owner = this.word(owner, NEXT_SUBMITTER)) yield owner;
  }

  /** The first arrival of this submitter leaves its list; NO_BLOCK if there is none. */
  takeArrival(owner: number): number {
    const first = this.word(owner, ARRIVALS);
    if (first === NO_BLOCK) return NO_BLOCK;
    const next = this.word(first, NEXT);
    this.set(owner, ARRIVALS, next);
    if (next === NO_BLOCK) this.set(owner, LAST_ARRIVAL, NO_BLOCK);
    return first;
  }

  // ---------------------------------------------------------------- repair

  /** Makes lists, counts and free slots anew from the table. @param pinned the levels of workers */
  repair(pinned: Iterable<number>): void {
    const moving = this.head(MOVING);
    this.setHead(MOVING, NO_BLOCK); // first: if this thread dies, the objects are not dropped twice
    if (moving !== NO_BLOCK && ![...this.all()].includes(moving)) this.#forget(moving);
    for (const owner of this.submitters()) {
      this.set(owner, ARRIVALS, NO_BLOCK);
      this.set(owner, LAST_ARRIVAL, NO_BLOCK);
    }
    for (let level = this.head(LEVELS); level !== NO_BLOCK; level = this.word(level, NEXT_LEVEL)) this.#empty(level);
    for (const level of pinned) this.#empty(level);
    this.setHead(PENDING_COUNT, 0);
    this.setHead(RUNNING_COUNT, 0);
    this.#repairSlots();
    for (const block of [...this.all()].sort((a, b) => (this.word(a, ID) - this.word(b, ID)) | 0)) {
      const state = this.word(block, STATE);
      if (state === PENDING) this.#append(this.word(block, LEVEL), block);
      else if (state === RUNNING) this.#count(RUNNING_COUNT, 1);
      else {
        if (state !== PROGRESS) this.#recount(block, state);
        if ((this.word(block, MARKS) & KEPT) === 0) this.#arrive(block);
      }
    }
  }

  #repairSlots(): void {
    const table = this.head(TABLE);
    this.setHead(FREE, 0);
    for (let slot = this.head(HIGH) - 1; slot >= 0; slot--) {
      if (this.word(table, 1 + slot) > 0) continue;
      this.set(table, 1 + slot, ~this.head(FREE));
      this.setHead(FREE, slot + 1);
    }
  }
}

function marksOf({ isNamed, pinnedTo, sentTo }: NewTask): number {
  return (isNamed ? NAMED : 0) | (pinnedTo === undefined ? 0 : PINNED) | (sentTo === undefined ? 0 : SENT);
}

/** The count of the tasks that have ended so. */
function countOf(state: number): number {
  return state === VALUE ? COMPLETED : state === CANCELLED ? CANCELLED_COUNT : FAILED;
}

function lengthOf({ kind, bytes, tails }: Payload): number {
  return kind === INTEGER ? WORD_BYTES : storedLength(bytes, tails);
}

/** Do records with so many bytes have blocks of one class? */
function isSameClass(a: number, b: number): boolean {
  return Math.clz32(RECORD_BYTES + a - 1) === Math.clz32(RECORD_BYTES + b - 1);
}
