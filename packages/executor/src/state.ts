/**
 * The lock of an executor, and the work of its owner: it hands tasks to workers, rings submitters, and finds
 * the dead.
 *
 * Invariants
 *   1. A waiter notes its wait in shared memory under LOCK, and reads the word of its wait before it
 *      releases LOCK. The notifier changes the word under LOCK, and wakes the waiter after its release.
 *   2. The next owner after a dead owner makes all lists anew (records.ts), and wakes all waiters.
 *   3. A woken waiter looks for deaths before it waits again, and the supervisor wakes all waiters
 *      after a death. So the task of a dead worker ends as long as any thread waits for a task of the executor.
 */
import { block, Deadline, getIdent, mayBlock, OwnerDiedError, type Steps, wake } from "@x/core";
import {
  acquireInPage,
  acquiringExclusively,
  deathCount,
  deathOf,
  NO_BLOCK,
  release,
  spinLongUntilChanged,
  tryAcquire,
  trySpin,
} from "@x/core/internal";
import * as record from "./records.js";
import { Records } from "./records.js";
import {
  ARRIVALS,
  BELL,
  IDENT as SUBMITTER_IDENT,
  IS_WAITING,
  LAST_ARRIVAL,
  NEXT_SUBMITTER,
  SUBMITTER_BYTES,
  VIEWS_PENDING,
} from "./submitters.js";
import * as head from "./words.js";
import * as worker from "./workers.js";

/** So often a thread may find LOCK changed and yet held before it sleeps. */
const SPINS = 10;
/**
 * About 30 microseconds, in spins of core. A thread holds LOCK for less than one, or for 25 as it takes 256 results; a sleep
 * with its wake costs some 150.
 */
const LOCK_SPINS = 10;

/** So many workers in a row may die before they are ready for tasks; then the executor is broken. */
const UNREADY_MAX = 3;

/** The entry of a thread in the thread table. */
export interface TableEntry {
  readonly slot: number;
  readonly ident: number;
}

/** A worker to be started. */
export interface Reserved {
  readonly slot: number;
}

export class State {
  readonly records: Records;
  /** Wakes that are due after the release. */
  readonly #wakes: (readonly [words: Int32Array, index: number, n: number])[] = [];
  /** The number of deaths in the process when this thread looked last. */
  #deaths = -1;

  /** @param setDaemon makes a thread of the thread table a daemon, or a non-daemon */
  constructor(
    readonly words: Int32Array,
    readonly at: number,
    memory: SharedArrayBuffer,
    private readonly setDaemon: (entry: TableEntry, isDaemon: boolean) => void,
  ) {
    this.records = new Records(words, at, memory);
  }

  load(index: number): number {
    return Atomics.load(this.words, this.at + index);
  }

  // ---------------------------------------------------------------- the lock

  /** Acquires LOCK. Tasks block for it, too, because a thread holds it for microseconds. */
  enter(): void {
    const { words, at, records } = this;
    records.readClock();
    for (let i = 0; i < SPINS; i++) {
      if (tryAcquire(words, at + head.LOCK) || trySpin(words, at + head.LOCK)) return records.store.refresh();
      if (!spinLongUntilChanged(words, at + head.LOCK, this.load(head.LOCK), LOCK_SPINS)) break;
    }
    if (!mayBlock() && acquireInPage((deadline) => this.#trying(deadline))) return;
    block(this.#entering(), "executor", "a worker");
  }

  *#entering(): Steps<void> {
    while (!(yield* this.#trying(Deadline.NEVER))); // again after a deadlock: the wait has reported it
  }

  *#trying(deadline: Deadline): Steps<boolean> {
    const { words, at, records } = this;
    try {
      if (!tryAcquire(words, at + head.LOCK) && !(yield* acquiringExclusively(words, at + head.LOCK, deadline)))
        return false;
      records.readClock(); // it has waited
      records.store.refresh();
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error;
      records.readClock();
      records.store.refresh();
      this.#repair(); // if this thread dies here, the next owner repairs
    }
    return true;
  }

  /** Releases LOCK, and wakes. */
  exit(): void {
    for (const owner of this.records.takeRings()) this.#ring(owner);
    release(this.words, this.at + head.LOCK);
    if (this.#wakes.length > 0) for (const [words, index, n] of this.#wakes.splice(0)) wake(words, index, n);
  }

  /** Runs `body` under LOCK, if LOCK is free within some 20 microseconds. */
  tryLocked(body: () => void): void {
    const { words, at, records } = this;
    records.readClock();
    for (let i = 0; !tryAcquire(words, at + head.LOCK) && !trySpin(words, at + head.LOCK); i++) if (i >= SPINS) return;
    records.store.refresh();
    try {
      body();
    } finally {
      this.exit();
    }
  }

  /** Runs `body` under LOCK. */
  locked<R>(body: () => R): R {
    this.enter();
    try {
      return body();
    } finally {
      this.exit();
    }
  }

  #repair(): void {
    const { records } = this;
    records.repair(this.#pinnedLevels());
    records.setHead(head.IDLE, 0);
    let alive = 0;
    for (const slot of this.#slots()) {
      alive++;
      if (this.worker(slot, worker.PHASE) === worker.IDLE) this.#listIdle(slot);
    }
    records.setHead(head.ALIVE, alive);
    this.wakeWorkers();
    this.ringAll();
    this.openGate(head.ROOM, head.ROOM_WAITERS);
    this.openGate(head.END, head.END_WAITERS);
    this.#deaths = -1;
  }

  // ---------------------------------------------------------------- wakes

  #changeAndWake(words: Int32Array, index: number, n: number): void {
    Atomics.add(words, index, 1);
    this.#wakes.push([words, index, n]);
  }

  #ring(owner: number): void {
    const { records } = this;
    if (records.word(owner, IS_WAITING) === 0) return;
    records.set(owner, IS_WAITING, 0);
    this.#changeAndWake(records.store.words, (owner >> 2) + BELL, Infinity);
  }

  /** Rings all waiting submitters. */
  ringAll(): void {
    for (const owner of this.records.submitters()) this.#ring(owner);
  }

  /** Lets the waiters at ROOM or END go on, if there may be any. */
  openGate(word: number, waiters: number): void {
    if (this.records.head(waiters) === 0) return;
    this.records.setHead(waiters, 0);
    this.#changeAndWake(this.words, this.at + word, Infinity);
  }

  /** The word of a gate to wait on; counts the waiter. Call it under LOCK. */
  arrivingAt(word: number, waiters: number): { words: Int32Array; index: number; value: number } {
    this.records.setHead(waiters, this.records.head(waiters) + 1);
    return { words: this.words, index: this.at + word, value: this.records.head(word) };
  }

  // ---------------------------------------------------------------- submitters

  /** A new submitter's block; NO_BLOCK if the memory is full. */
  addSubmitter(): number {
    const { records } = this;
    this.#leaveDeadSubmitters();
    for (const owner of records.submitters()) {
      if (records.word(owner, SUBMITTER_IDENT) !== 0 || records.word(owner, ARRIVALS) !== NO_BLOCK) continue;
      records.set(owner, VIEWS_PENDING, 0);
      records.set(owner, SUBMITTER_IDENT, getIdent());
      return owner;
    }
    const owner = records.store.allocate(SUBMITTER_BYTES);
    if (owner === NO_BLOCK) return NO_BLOCK;
    for (let i = 0; i < SUBMITTER_BYTES / head.WORD_BYTES; i++) records.set(owner, i, 0);
    records.set(owner, SUBMITTER_IDENT, getIdent());
    records.set(owner, NEXT_SUBMITTER, records.head(head.SUBMITTERS));
    records.setHead(head.SUBMITTERS, owner);
    return owner;
  }

  /** Has something arrived for this submitter? Without LOCK. */
  hasArrivals(owner: number): boolean {
    return Atomics.load(this.records.store.words, (owner >> 2) + ARRIVALS) !== NO_BLOCK;
  }

  /** The bell of this submitter; the submitter counts as waiting from now on. Undefined if something has arrived. */
  armBell(owner: number): { words: Int32Array; index: number; value: number } | undefined {
    const { records } = this;
    if (records.word(owner, ARRIVALS) !== NO_BLOCK) return undefined;
    records.set(owner, IS_WAITING, 1);
    const { words } = records.store;
    const index = (owner >> 2) + BELL;
    return { words, index, value: words[index]! };
  }

  // ---------------------------------------------------------------- workers

  #place(slot: number): number {
    return this.records.head(head.WORKERS) + worker.offsetOf(slot);
  }

  worker(slot: number, index: number): number {
    return this.records.word(this.#place(slot), index);
  }

  setWorker(slot: number, index: number, value: number): void {
    this.records.set(this.#place(slot), index, value);
  }

  /** The index of this word in the store. Call it under the lock. */
  indexOfWorker(slot: number, index: number): number {
    return (this.#place(slot) >> 2) + index;
  }

  /** The slots of running and starting workers. */
  *#slots(): Generator<number, void, void> {
    const max = this.records.head(head.MAX_WORKERS);
    for (let slot = 0; slot < max; slot++) if (this.worker(slot, worker.IDENT) !== 0) yield slot;
  }

  /** The slots of running and starting workers, at this moment. */
  slots(): number[] {
    return [...this.#slots()];
  }

  /**
   * The idents of the workers, including workers that have not begun, and of the threads that left the slots last:
   *     // T1 shuts down; worker T2 leaves, and frees its slot; T1 joins all workers: T2 is ending, and T1 would not wait for it.
   */
  idents(): number[] {
    const idents: number[] = [];
    const max = this.records.head(head.MAX_WORKERS);
    for (let slot = 0; slot < max; slot++) {
      if (this.worker(slot, worker.PHASE) !== worker.RESERVED) idents.push(this.worker(slot, worker.IDENT));
      idents.push(this.worker(slot, worker.LEFT));
    }
    return idents.filter((ident) => ident !== 0);
  }

  /** The entries of the workers that have begun, and may run code of a user. */
  awake(): TableEntry[] {
    return [...this.#slots()]
      .filter((slot) => Atomics.load(this.records.store.words, this.indexOfWorker(slot, worker.ASLEEP)) === 0)
      .map((slot) => this.entryOf(slot))
      .filter((entry) => entry !== undefined);
  }

  /** The calling worker blocks from now on, until it looks for a task. Without LOCK. */
  fallAsleep(slot: number): void {
    Atomics.store(this.records.store.words, this.indexOfWorker(slot, worker.ASLEEP), 1);
  }

  /** The calling worker looks for a task. */
  wakeUp(slot: number): void {
    this.setWorker(slot, worker.ASLEEP, 0);
  }

  /** The entry of this worker's thread; undefined before it has begun. */
  entryOf(slot: number): TableEntry | undefined {
    const entry = this.worker(slot, worker.ENTRY);
    return entry === 0 ? undefined : { slot: entry - 1, ident: this.worker(slot, worker.IDENT) };
  }

  /** How many workers may take a task at once. */
  idleCount(): number {
    let count = 0;
    for (const slot of this.#slots()) if (this.worker(slot, worker.PHASE) === worker.IDLE) count++;
    return count;
  }

  #listIdle(slot: number): void {
    this.setWorker(slot, worker.NEXT_IDLE, this.records.head(head.IDLE));
    this.records.setHead(head.IDLE, slot + 1);
  }

  #unlistIdle(slot: number): void {
    const { records } = this;
    const next = this.worker(slot, worker.NEXT_IDLE);
    if (records.head(head.IDLE) === slot + 1) return records.setHead(head.IDLE, next);
    for (let other = records.head(head.IDLE); other !== 0;) {
      const after = this.worker(other - 1, worker.NEXT_IDLE);
      if (after === slot + 1) return this.setWorker(other - 1, worker.NEXT_IDLE, next);
      other = after;
    }
  }

  /** The levels of workers, including ended workers. */
  *#pinnedLevels(): Generator<number, void, void> {
    const max = this.records.head(head.MAX_WORKERS);
    for (let slot = 0; slot < max; slot++) {
      const level = this.worker(slot, worker.PINNED);
      if (level !== NO_BLOCK) yield level;
    }
  }

  /** The level of the tasks pinned to this worker; NO_BLOCK if the memory is full. */
  levelOfWorker(slot: number): number {
    let level = this.worker(slot, worker.PINNED);
    if (level === NO_BLOCK) this.setWorker(slot, worker.PINNED, (level = this.records.newLevel(0, NO_BLOCK)));
    return level;
  }

  /** The first task pinned to this worker; NO_BLOCK if there is none. */
  firstPinned(slot: number): number {
    const level = this.worker(slot, worker.PINNED);
    return level === NO_BLOCK ? NO_BLOCK : this.records.firstOf(level);
  }

  /** Is this slot a running or starting worker? */
  isAlive(slot: number): boolean {
    return this.worker(slot, worker.IDENT) !== 0;
  }

  /** The idle worker that {@link callWorker} would call; undefined if there is none. */
  firstIdle(): { readonly slot: number; readonly ident: number } | undefined {
    const idle = this.records.head(head.IDLE);
    return idle === 0 ? undefined : { slot: idle - 1, ident: this.worker(idle - 1, worker.IDENT) };
  }

  /** A task was pinned to this worker: if it is idle, it looks. */
  callPinned(slot: number): void {
    if (this.worker(slot, worker.PHASE) === worker.IDLE) this.#call(slot);
  }

  /** A task was submitted: calls an idle worker for it, or reserves a slot for a new worker. */
  callWorker(): Reserved | undefined {
    const { records } = this;
    const idle = records.head(head.IDLE);
    if (idle === 0) return this.reserve();
    this.#call(idle - 1);
    return undefined;
  }

  /** Calls an idle worker. */
  #call(slot: number): void {
    this.#busy(slot);
    this.#wakeWorker(slot);
  }

  /**
   * Calls idle workers for the pending tasks after a death:
   * // T1 submits, and calls worker T2; T2 dies before it looks; worker T3 is idle: the task would wait.
   */
  #callIdle(): void {
    const { records } = this;
    for (let left = records.head(head.PENDING); left > 0 && records.head(head.IDLE) !== 0; left--)
      this.#call(records.head(head.IDLE) - 1);
  }

  #busy(slot: number): void {
    this.#unlistIdle(slot);
    this.setWorker(slot, worker.PHASE, worker.BUSY);
    this.#setDaemonOf(slot, false);
  }

  #wakeWorker(slot: number): void {
    this.#changeAndWake(this.records.store.words, (this.#place(slot) >> 2) + worker.WAKE, 1);
  }

  /** Wakes all workers, to look at the flags. */
  wakeWorkers(): void {
    for (const slot of this.#slots()) this.#wakeWorker(slot);
  }

  #setDaemonOf(slot: number, isDaemon: boolean): void {
    const entry = this.worker(slot, worker.ENTRY);
    if (entry > 0) this.setDaemon({ slot: entry - 1, ident: this.worker(slot, worker.IDENT) }, isDaemon);
  }

  /** Reserves a slot for a new worker, if there is room. */
  reserve(): Reserved | undefined {
    const { records } = this;
    const max = records.head(head.MAX_WORKERS);
    if (records.head(head.ALIVE) >= max || (records.head(head.FLAGS) & (head.BROKEN | head.TERMINATED)) !== 0)
      return undefined;
    for (let slot = 0; slot < max; slot++) {
      if (this.worker(slot, worker.IDENT) !== 0) continue;
      for (const index of [worker.TASKS, worker.DONE, worker.WAITING, worker.ENTRY, worker.OWNER, worker.ASLEEP])
        this.setWorker(slot, index, 0);
      this.setWorker(slot, worker.PHASE, worker.RESERVED);
      this.setWorker(slot, worker.IDENT, getIdent());
      records.setHead(head.ALIVE, records.head(head.ALIVE) + 1);
      return { slot };
    }
    return undefined;
  }

  /** The thread of this reserved slot was started. */
  started({ slot }: Reserved, ident: number): void {
    if (this.worker(slot, worker.PHASE) !== worker.RESERVED || this.worker(slot, worker.IDENT) !== getIdent()) return;
    this.setWorker(slot, worker.IDENT, ident);
    this.setWorker(slot, worker.PHASE, worker.STARTING);
  }

  /** The calling thread is the worker of this slot from now on. False if it is not wanted any more. */
  begun(slot: number, entry: TableEntry): boolean {
    if (this.worker(slot, worker.IDENT) === 0 || this.hasBegun(slot)) return false;
    this.setWorker(slot, worker.IDENT, entry.ident);
    this.setWorker(slot, worker.ENTRY, entry.slot + 1);
    const hasSetup = this.records.head(head.SETUP) !== NO_BLOCK;
    this.setWorker(slot, worker.PHASE, hasSetup ? worker.INITIALIZING : worker.BUSY);
    if (!hasSetup) this.records.setHead(head.UNREADY, 0);
    return true;
  }

  /** The initializer has run in this worker. */
  initialized(slot: number): void {
    if (!this.isMine(slot)) return;
    this.setWorker(slot, worker.PHASE, worker.BUSY);
    this.records.setHead(head.UNREADY, 0);
  }

  /** Is the calling thread still the worker of this slot? Not if it counts as dead. */
  isMine(slot: number): boolean {
    return this.worker(slot, worker.IDENT) === getIdent() && this.hasBegun(slot);
  }

  hasBegun(slot: number): boolean {
    return this.worker(slot, worker.PHASE) >= worker.INITIALIZING;
  }

  /** The worker finds no task: it is idle from now on. Returns the word to wait on. */
  idle(slot: number): { words: Int32Array; index: number; value: number } {
    if (this.worker(slot, worker.PHASE) !== worker.IDLE) {
      this.setWorker(slot, worker.PHASE, worker.IDLE);
      this.#listIdle(slot);
    }
    if (this.worker(slot, worker.TASKS) === 0) this.#setDaemonOf(slot, true);
    const { words } = this.records.store;
    const index = (this.#place(slot) >> 2) + worker.WAKE;
    return { words, index, value: words[index]! };
  }

  /** The last of the interleaving tasks of this worker has ended. If it is idle, it looks, and then waits as a daemon. */
  rest(slot: number): void {
    if (this.worker(slot, worker.PHASE) === worker.IDLE) this.#wakeWorker(slot);
  }

  /** May this idle worker spin? One of them: more would take the cores from the submitters. */
  beginSpin(): boolean {
    return Atomics.compareExchange(this.words, this.at + head.SPINNER, 0, getIdent()) === 0;
  }

  endSpin(): void {
    Atomics.store(this.words, this.at + head.SPINNER, 0);
  }

  /** An idle worker looks for a task by itself. */
  busy(slot: number): void {
    if (this.worker(slot, worker.PHASE) === worker.IDLE) this.#busy(slot);
  }

  /** The worker ends, or has died, or did not start: its slot is free. */
  freeWorker(slot: number): void {
    const { records } = this;
    if (this.worker(slot, worker.PHASE) === worker.IDLE) this.#unlistIdle(slot);
    for (let task; (task = this.firstPinned(slot)) !== NO_BLOCK;)
      records.dropPinned(task, this.worker(slot, worker.IDENT));
    Atomics.compareExchange(this.words, this.at + head.SPINNER, this.worker(slot, worker.IDENT), 0);
    if (this.worker(slot, worker.PHASE) !== worker.RESERVED)
      this.setWorker(slot, worker.LEFT, this.worker(slot, worker.IDENT));
    this.setWorker(slot, worker.IDENT, 0);
    const alive = records.head(head.ALIVE) - 1;
    records.setHead(head.ALIVE, alive);
    if (alive === 0) this.openGate(head.END, head.END_WAITERS);
  }

  /** A task of this worker waits, or waits no more, for a task of the executor. */
  countWaiting(slot: number, by: number, owner: number): void {
    this.setWorker(slot, worker.WAITING, this.worker(slot, worker.WAITING) + by);
    this.setWorker(slot, worker.OWNER, owner);
  }

  /**
   * Do all workers wait for tasks of the executor? Then none of these tasks can end. A worker with a rung bell
   * is about to look, and does not count.
   */
  isDeadlocked(): boolean {
    const { records } = this;
    if (records.head(head.ALIVE) < records.head(head.MAX_WORKERS)) return false;
    const most = records.head(head.TASKS_PER_WORKER);
    for (const slot of this.#slots()) {
      const owner = this.worker(slot, worker.OWNER);
      if (this.worker(slot, worker.WAITING) < most || owner === NO_BLOCK) return false;
      if (records.word(owner, IS_WAITING) === 0 || records.word(owner, ARRIVALS) !== NO_BLOCK) return false;
    }
    return true;
  }

  // ---------------------------------------------------------------- deaths

  /** Has a thread died since this thread looked last? */
  get mayHaveDied(): boolean {
    return deathCount() !== this.#deaths;
  }

  /**
   * Ends the tasks of dead workers, and frees their slots. Returns slots for new workers, if pending tasks need
   * them: also if there is no worker at all, because a thread may have died after it freed the last slot.
   */
  look(): readonly Reserved[] {
    this.#deaths = deathCount();
    let isAnyDead = false;
    let unready = 0;
    let isUninitialized = false;
    for (const slot of this.#slots()) {
      const ident = this.worker(slot, worker.IDENT);
      if (deathOf(ident) === undefined) continue;
      isAnyDead = true;
      const phase = this.worker(slot, worker.PHASE);
      if (phase < worker.BUSY) {
        unready = ident;
        isUninitialized ||= phase === worker.INITIALIZING;
        this.records.setHead(head.UNREADY, this.records.head(head.UNREADY) + 1);
      }
      this.bury(slot, ident);
    }
    this.#leaveDeadSubmitters();
    if (isAnyDead) this.#callIdle();
    if (unready !== 0) this.#giveUp(unready, isUninitialized);
    return isAnyDead || this.records.head(head.ALIVE) === 0 ? this.wanted() : [];
  }

  /**
   * A worker has died before it was ready for tasks. A few workers may be terminated so early, or their
   * starters: other workers take their places. But a thread that cannot start, or an initializer that ends its
   * thread, would be tried again without end.
   */
  #giveUp(ident: number, isUninitialized: boolean): void {
    const { records } = this;
    const wasTerminated = (records.head(head.FLAGS) & head.TERMINATED) !== 0;
    if (wasTerminated || records.head(head.UNREADY) < UNREADY_MAX) return;
    if (isUninitialized || records.head(head.ALIVE) === 0) this.breakBy(~ident);
  }

  /**
   * No worker can run tasks: ends all pending tasks. Returns false if the executor was broken before.
   *
   * @param failure a block, or ~ the ident of a dead thread
   */
  breakBy(failure: number): boolean {
    const { records } = this;
    if ((records.head(head.FLAGS) & head.BROKEN) !== 0) return false;
    records.setHead(head.FAILURE, failure);
    records.setHead(head.FLAGS, records.head(head.FLAGS) | head.BROKEN);
    this.dropPending(record.BROKEN);
    this.wakeWorkers();
    this.openGate(head.ROOM, head.ROOM_WAITERS);
    return true;
  }

  /** Ends the tasks of this worker, and frees its slot. */
  bury(slot: number, ident: number): void {
    const { records } = this;
    for (const task of records.all()) {
      if (records.word(task, record.STATE) === record.RUNNING && records.word(task, record.WORKER) === slot)
        records.end(task, record.DIED, ident);
    }
    this.freeWorker(slot);
  }

  /** Reserves slots for the workers needed by pending tasks, and by the minimum. */
  wanted(): readonly Reserved[] {
    const { records } = this;
    const isOpen = (records.head(head.FLAGS) & (head.SHUT_DOWN | head.DROPPED)) === 0;
    const pending = records.head(head.PENDING);
    const wanted: Reserved[] = [];
    let starting = [...this.#slots()].filter((slot) => this.worker(slot, worker.PHASE) !== worker.BUSY).length;
    while (starting < pending || (isOpen && records.head(head.ALIVE) < records.head(head.MIN_WORKERS))) {
      const reserved = this.reserve();
      if (reserved === undefined) break;
      wanted.push(reserved);
      starting++;
    }
    return wanted;
  }

  /** Cancels a pending task. */
  cancel(task: number): void {
    this.records.drop(task, record.CANCELLED);
    this.openGate(head.ROOM, head.ROOM_WAITERS);
  }

  /** Asks a running task to stop. */
  requestCancel(task: number): void {
    const { records } = this;
    records.set(task, record.MARKS, records.word(task, record.MARKS) | record.CANCEL_REQUESTED);
    this.#wakeWorker(records.word(task, record.WORKER)); // a task waits there while it awaits its signal
  }

  /** Drops all pending tasks, pinned ones, too; returns their number. */
  dropPending(state: typeof record.CANCELLED | typeof record.BROKEN): number {
    const { records } = this;
    let dropped = 0;
    for (let task; (task = records.first()) !== NO_BLOCK; dropped++) records.drop(task, state);
    for (const level of this.#pinnedLevels())
      for (let task; (task = records.firstOf(level)) !== NO_BLOCK; dropped++) records.drop(task, state);
    if (dropped > 0) this.openGate(head.ROOM, head.ROOM_WAITERS);
    return dropped;
  }

  /** Is this block the block of this thread? */
  isSubmitter(owner: number, ident: number): boolean {
    return this.records.word(owner, SUBMITTER_IDENT) === ident;
  }

  /** The thread of this block has this ident from now on; ~ident: it takes what has arrived, and nothing that ends later. */
  nameSubmitter(owner: number, ident: number): void {
    this.records.set(owner, SUBMITTER_IDENT, ident);
  }

  #leaveDeadSubmitters(): void {
    for (const owner of this.records.submitters()) {
      const ident = this.records.word(owner, SUBMITTER_IDENT);
      if (ident !== 0 && deathOf(ident < 0 ? ~ident : ident) !== undefined) this.leaveSubmitter(owner);
    }
  }

  /** The submitter asks for nothing any more: its block is free for another submitter. */
  leaveSubmitter(owner: number): void {
    const { records } = this;
    for (let task; (task = records.takeArrival(owner)) !== NO_BLOCK;) records.discard(task);
    records.set(owner, LAST_ARRIVAL, NO_BLOCK);
    records.set(owner, SUBMITTER_IDENT, 0);
  }
}
