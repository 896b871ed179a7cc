/** The loop of a worker: takes tasks, runs them, and hands over their results. */
import { block, Deadline, expose, type Steps, suspend, unpack } from "@x/core";
import {
  callableName,
  callTransferred,
  decodeEnvelope,
  decodeValue,
  dropMemories,
  encodeValue,
  isPrepared,
  type Memories,
  memoriesIn,
  memoriesInAsync,
  memoryNamesIn,
  namesIn,
  NO_BLOCK,
  platform,
  Scratch,
  spinLongUntilChanged,
  type Tails,
  takeMoved,
  type TransferableCallable,
  whyUnreadable,
} from "@x/core/internal";
import { Thread } from "@x/thread";
import { internalsOf } from "@x/thread/internal";
import { WITH_ARGUMENTS } from "./callables.js";
import { isThenable, Outcome, taskLabel } from "./outcome.js";
import { INTEGER, PACKED, type Payload, payloadOf, PLAIN } from "./payload.js";
import type { WorkerPool } from "./worker-pool.js";
import * as record from "./records.js";
import type { Reserved } from "./state.js";
import { Over } from "./task.js";
import { endTask, interleave, runAlone, type Running, runningAs, thisTask } from "./this-task.js";
import * as head from "./words.js";
import * as words from "./workers.js";

const internals = /* @__PURE__ */ internalsOf(Thread);

/** A worker gives its event loop a turn after so many milliseconds without one; it looks after so many tasks. */
const TURN_MS = 20;
const TURN_TASKS = 16;

/** About 20 microseconds, in spins of core: an idle worker reads its bell for so long before it sleeps. */
const IDLE_SPINS = 7;

/** The key of the pool in an executor. */
export const POOL: unique symbol = Symbol.for("@x/executor pool") as never;

interface HasPool {
  readonly [POOL]: WorkerPool;
}

/** A task that has left the list of pending tasks. */
interface Taken {
  readonly block: number;
  readonly id: number;
  readonly callable: number;
  readonly kind: number;
  readonly integer: number;
  readonly bytes: Uint8Array;
  readonly tails: Tails;
  readonly timeout: number;
  /** The last of its arguments is its name. */
  readonly isNamed: boolean;
}

/** The end of a task, for the store. */
interface Ended {
  readonly block: number;
  readonly state: typeof record.VALUE | typeof record.ERROR;
  readonly result: Payload;
  readonly task: Running;
  /** If it has failed. */
  readonly error: unknown;
}

/** The error of a task for which no thread can ask. */
interface Unasked {
  readonly task: Running;
  readonly error: unknown;
}

interface Bell {
  readonly words: Int32Array;
  readonly index: number;
  readonly value: number;
}

/** The target of a worker's thread. */
export function runWorker(executor: HasPool, slot: number): Promise<void> {
  return new WorkerLoop(executor[POOL], slot).run();
}

/** The target of the thread that ends a late task. */
function terminateLateTask(executor: HasPool, slot: number, recordSlot: number, id: number): void {
  const { state } = executor[POOL];
  const { records } = state;
  const entry = state.locked(() => {
    const task = records.find({ slot: recordSlot, id });
    const isLate =
      task !== NO_BLOCK &&
      records.word(task, record.STATE) === record.RUNNING &&
      records.word(task, record.WORKER) === slot;
    if (!isLate) return undefined;
    records.set(task, record.MARKS, records.word(task, record.MARKS) | record.TIMED_OUT);
    return state.entryOf(slot);
  });
  if (entry !== undefined) internals.terminateEntry(entry);
}

/** Memory for the bytes of the arguments that are being decoded. */
const scratch = /* @__PURE__ */ new Scratch();
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

class WorkerLoop {
  readonly #pool: WorkerPool;
  readonly #slot: number;
  readonly #isInterleaving: boolean;
  /** How many tasks of this worker run. */
  #running = 0;
  /** The end of the last task, until the next acquire of the lock. */
  #ended: Ended | undefined;
  /** Of the last task, until the release of the lock. */
  #unasked: Unasked | undefined;
  #lastTurn = performance.now();
  /** How many tasks have begun since the clock was read. */
  #sinceTurn = 0;
  #leftBefore = 0;
  /** The last load of modules: one after another. */
  #loading: Promise<unknown> = Promise.resolve();
  /** Called at the end of a task, while the loop waits for it. */
  #onEnd: (() => void) | undefined;

  constructor(pool: WorkerPool, slot: number) {
    this.#pool = pool;
    this.#slot = slot;
    this.#isInterleaving = pool.state.load(head.TASKS_PER_WORKER) > 1;
  }

  async run(): Promise<void> {
    const { state } = this.#pool;
    if (!state.locked(() => state.begun(this.#slot, internals.entry()))) return;
    try {
      this.#useContext();
      if (!(await this.#initialize())) return;
      this.#leftBefore = internals.leftovers()?.length ?? 0;
      await this.#loop();
    } finally {
      internals.setTaskContext(undefined);
      this.#leave();
    }
  }

  /** Lets each task know itself. Interleaving tasks have names and Locals of their own, too. */
  #useContext(): void {
    if (!this.#isInterleaving) return runAlone();
    const context = internals.asyncContext<Running>();
    interleave(context);
    if (context !== undefined) internals.setTaskContext(thisTask);
  }

  #leave(): void {
    const { state, submitter } = this.#pool;
    submitter.leave();
    const reserved = state.locked((): readonly Reserved[] => {
      if (!state.isMine(this.#slot)) return [];
      state.freeWorker(this.#slot);
      return state.wanted();
    });
    if (reserved.length > 0) this.#pool.launch(reserved);
  }

  async #initialize(): Promise<boolean> {
    const { state, memory } = this.#pool;
    const { records } = state;
    const setup = state.locked(() => {
      const stored = records.head(head.SETUP);
      if (stored === NO_BLOCK) return undefined;
      const bytes = new Uint8Array(records.word(stored, 0) >>> 2);
      records.store.read(stored + head.WORD_BYTES, bytes);
      return { kind: records.word(stored, 0) & 3, bytes };
    });
    if (setup === undefined) return true;
    try {
      const [initializer, args] = (await this.#setup(setup)) as [TransferableCallable, unknown[]];
      await callTransferred(initializer, args);
      state.locked(() => state.initialized(this.#slot));
      return true;
    } catch (error) {
      const { kind, bytes } = encodeValue(error, "the initializer's error", "executor", memory);
      const isFirst = state.locked(() => {
        const stored = records.store.allocate(record.RECORD_BYTES + bytes.length);
        if (stored === NO_BLOCK) return state.breakBy(~internals.entry().ident);
        records.set(stored, record.HEAD, (bytes.length << 2) | kind);
        records.store.write(stored + record.RECORD_BYTES, bytes);
        return state.breakBy(stored);
      });
      if (isFirst) Outcome.report(`executor: Exception in initializer of ${this.#pool.label}:`, error);
      return false;
    }
  }

  /** The initializer and its arguments. Their bytes stay in the store: this keeps the memory that they name. */
  async #setup({ kind, bytes }: { readonly kind: number; readonly bytes: Uint8Array }): Promise<unknown> {
    const memories = await memoriesInAsync(bytes);
    if (kind === PLAIN) return decodeValue({ kind, bytes, memories });
    const envelope = decodeEnvelope(bytes, memories);
    if (!isPrepared(envelope)) await this.#load(envelope);
    return unpack(envelope);
  }

  // ---------------------------------------------------------------- the loop

  async #loop(): Promise<void> {
    const most = this.#pool.state.load(head.TASKS_PER_WORKER);
    for (let isTooLong = false; ;) {
      if (this.#running >= most && this.#ended === undefined) {
        await new Promise<void>((resolve) => (this.#onEnd = resolve));
        continue;
      }
      const next = this.#next(isTooLong);
      isTooLong = false;
      if (next === undefined) {
        if (this.#running === 0) return;
        await new Promise<void>((resolve) => (this.#onEnd = resolve));
      } else if ("id" in next) {
        const running = this.#start(next);
        if (running !== undefined && !this.#isInterleaving) await running;
        if (++this.#sinceTurn >= TURN_TASKS) await this.#turn();
      } else isTooLong = await this.#idle(next);
    }
  }

  /** Lets the event loop have a turn, if its last one was long ago. No result waits for it. */
  async #turn(): Promise<void> {
    this.#sinceTurn = 0;
    if (performance.now() - this.#lastTurn < TURN_MS) return;
    this.#handOverNow();
    await new Promise<void>((resolve) => internals.turns()(resolve));
    this.#lastTurn = performance.now();
  }

  /** Hands over the last result, and takes a task; else the bell to wait for; undefined if the worker shall end. */
  #next(isTooLong: boolean): Taken | Bell | undefined {
    const { state, callables } = this.#pool;
    const { records } = state;
    const slot = this.#slot;
    state.enter();
    try {
      if (!state.isMine(slot)) return this.#forget();
      state.wakeUp(slot);
      this.#handOver();
      const flags = records.head(head.FLAGS);
      const most = records.head(head.RECYCLE_AFTER);
      if ((flags & (head.BROKEN | head.TERMINATED)) !== 0) return undefined;
      const done = state.worker(slot, words.DONE);
      const pinned = state.firstPinned(slot);
      if (pinned === NO_BLOCK && most !== head.NONE && done + this.#running >= most) return undefined;
      const task = pinned === NO_BLOCK ? records.first() : pinned;
      if (task === NO_BLOCK) {
        if ((flags & (head.SHUT_DOWN | head.DROPPED)) !== 0) return undefined;
        if (isTooLong && this.#running === 0 && records.head(head.ALIVE) > records.head(head.MIN_WORKERS))
          return undefined;
        return state.idle(slot);
      }
      state.busy(slot);
      const kind = records.kind(task);
      const integer = kind === INTEGER ? records.integer(task) : 0;
      const length = kind === INTEGER ? 0 : records.bytesLength(task);
      const args = length === 0 ? NO_BYTES : scratch.take(length);
      if (length > 0) records.read(task, args, scratch.wordsOf(args));
      const tails = length > 0 ? records.tails(task, args) : undefined;
      records.begin(task, slot);
      state.setWorker(slot, words.TASKS, ++this.#running);
      state.openGate(head.ROOM, head.ROOM_WAITERS);
      const callable = records.word(task, record.CALLABLE);
      callables.learn(callable);
      const [id, timeout] = [records.word(task, record.ID), records.word(task, record.TIMEOUT)];
      const isNamed = (records.word(task, record.MARKS) & record.NAMED) !== 0;
      return { block: task, id, callable, kind, integer, bytes: args, tails, timeout, isNamed };
    } finally {
      state.exit();
      this.#reportUnasked();
    }
  }

  #handOverNow(): void {
    const { state } = this.#pool;
    state.locked(() => (state.isMine(this.#slot) ? this.#handOver() : this.#forget()));
    this.#reportUnasked();
  }

  #reportUnasked(): void {
    if (this.#unasked === undefined) return;
    const { task, error } = this.#unasked;
    this.#unasked = undefined;
    Outcome.reportUnasked(taskLabel(task.id, task.name ?? callableName(task.target)), error);
  }

  /** This worker counts as dead, and its tasks have failed: drops its results. */
  #forget(): undefined {
    if (this.#ended !== undefined) dropMemories(this.#pool.memory, this.#ended.result.names);
    this.#ended = undefined;
    return undefined;
  }

  /** Writes the last result into the store. */
  #handOver(): void {
    const ended = this.#ended;
    if (ended === undefined) return;
    this.#ended = undefined;
    const { state } = this.#pool;
    const { records } = state;
    const slot = this.#slot;
    const isUnasked = records.isUnasked(ended.block); // before its record is freed
    if (isUnasked && ended.state === record.ERROR) this.#unasked = ended;
    if (!this.#finish(ended, isUnasked)) {
      dropMemories(this.#pool.memory, ended.result.names);
      records.end(ended.block, record.OVERFLOW, 0);
    }
    state.setWorker(slot, words.TASKS, --this.#running);
    state.setWorker(slot, words.DONE, state.worker(slot, words.DONE) + 1);
    if (this.#isInterleaving && this.#running === 0) state.rest(slot);
  }

  /** Writes the result. If an object of it cannot be moved, that error is the result. False if the memory is full. */
  #finish(ended: Ended, isUnasked: boolean): boolean {
    const { state, memory } = this.#pool;
    try {
      return state.records.finish(ended.block, ended.state, ended.result);
    } catch (error) {
      dropMemories(memory, ended.result.names);
      if (isUnasked) this.#unasked = { task: ended.task, error };
      return state.records.finish(ended.block, record.ERROR, payloadOf(error, "error", memory));
    }
  }

  /** Waits for the bell. Returns true if the time of an idle worker has run out. */
  async #idle(bell: Bell): Promise<boolean> {
    const ms = this.#pool.state.load(head.IDLE_MS);
    if (this.#running === 0 && this.#isRungSoon(bell)) return false;
    await Promise.resolve(); // microtasks left by a task
    const left = internals.leftovers()?.length;
    const isBusy = this.#running > 0 || left === undefined || left > this.#leftBefore;
    const deadline = ms === head.NONE || this.#running > 0 ? Deadline.NEVER : Deadline.after(ms);
    const on = { packageName: "executor", label: "a task" };
    const steps = idling(bell, deadline, () => this.#pool.submitter.look());
    if (!isBusy) {
      this.#pool.state.fallAsleep(this.#slot);
      return block(steps, on, "");
    }
    const isTooLong = await suspend(steps, undefined, on);
    this.#lastTurn = performance.now();
    return isTooLong;
  }

  /** Does a task come soon? To sleep, and to be woken, costs the submitter more than a task. */
  #isRungSoon({ words, index, value }: Bell): boolean {
    const { state } = this.#pool;
    if (platform.cores() === 1 || !state.beginSpin()) return false;
    const isRung = spinLongUntilChanged(words, index, value, IDLE_SPINS);
    state.endSpin();
    return isRung;
  }

  // ---------------------------------------------------------------- a task

  /** Runs a task. Returns a promise if it is async. */
  #start(taken: Taken): Promise<void> | undefined {
    const { state, memory } = this.#pool;
    const over = new Over();
    const own = { target: undefined, name: undefined, locals: undefined };
    const task: Running = { state, worker: this.#slot, block: taken.block, id: taken.id, memory, over, ...own };
    const cancelTimeout = taken.timeout === head.NONE ? undefined : this.#limit(taken);
    const end = (isError: boolean, value: unknown, isAsync = true): void => {
      over.end();
      cancelTimeout?.();
      this.#end(task, isError, value, isAsync);
    };
    try {
      const result = this.#isReady(taken) ? this.#call(task, taken, this.#args(taken)) : this.#loadAndCall(task, taken);
      if (!isThenable(result)) return void end(false, result, false);
      return Promise.resolve(result).then(
        (value) => end(false, value),
        (error: unknown) => end(true, error),
      );
    } catch (error) {
      return void end(true, error, false);
    }
  }

  /** Can the task run without a turn of the event loop? */
  #isReady({ callable, kind, bytes }: Taken): boolean {
    const envelope = callable === WITH_ARGUMENTS ? undefined : this.#pool.callables.envelopeOf(callable);
    if (envelope !== undefined && !isPrepared(envelope)) return false;
    if (kind === PACKED) return false;
    if (kind !== PLAIN) return true;
    return namesIn(bytes).length === 0 || whyUnreadable(bytes, false) === undefined;
  }

  /** The arguments of a task that is ready. */
  #args(taken: Taken): unknown {
    const { kind, integer, bytes } = taken;
    if (kind === PLAIN) return this.#decode(taken, memoriesIn(bytes));
    scratch.giveBack(bytes);
    return kind === INTEGER ? [integer] : [];
  }

  #decode({ kind, bytes, tails }: Taken, memories: Memories): unknown {
    const value = decodeValue({ kind, bytes, tails, memories });
    this.#decoded(bytes, memories);
    return value;
  }

  #decoded(bytes: Uint8Array, memories: Memories): void {
    if (memories !== undefined) dropMemories(this.#pool.memory, memoryNamesIn(bytes));
    scratch.giveBack(bytes);
  }

  async #decodeLater(taken: Taken, memories: Memories): Promise<unknown> {
    const { kind, bytes, tails } = taken;
    if (kind === PLAIN) return this.#decode(taken, memories);
    const envelope = decodeEnvelope(bytes, memories, tails);
    this.#decoded(bytes, memories);
    if (!isPrepared(envelope)) await this.#load(envelope);
    return unpack(envelope);
  }

  #load(envelope: Parameters<typeof internals.load>[0]): Promise<void> {
    const loaded = this.#loading.then(() => internals.load(envelope));
    this.#loading = loaded.catch(() => undefined);
    return loaded;
  }

  async #loadAndCall(task: Running, taken: Taken): Promise<unknown> {
    const args = await this.#argsLater(taken);
    const envelope = taken.callable === WITH_ARGUMENTS ? undefined : this.#pool.callables.envelopeOf(taken.callable);
    if (envelope !== undefined && !isPrepared(envelope)) await this.#load(envelope);
    return this.#call(task, taken, args);
  }

  async #argsLater(taken: Taken): Promise<unknown> {
    const { kind, bytes } = taken;
    if (kind !== PLAIN && kind !== PACKED) return this.#args(taken);
    return this.#decodeLater(taken, namesIn(bytes).length === 0 ? undefined : await memoriesInAsync(bytes));
  }

  #call(task: Running, { callable, isNamed }: Taken, decoded: unknown): unknown {
    let args = decoded as unknown[];
    if (isNamed) task.name = args.pop() as string;
    if (callable === WITH_ARGUMENTS) [task.target, ...args] = args;
    else task.target = this.#pool.callables.callable(callable);
    return runningAs(task, () => callTransferred(task.target as TransferableCallable, args));
  }

  /**
   * A task has ended: its result goes into the store, with the next acquire of the lock; now, if the task was async:
   * // T resolves to { a: 1 }; its bytes are in this thread's scratch; a microtask that T has left puts another value
   * // into a queue, by the same scratch; the worker's loop goes on, and hands over the other value as the result of T.
   */
  #end(task: Running, isError: boolean, value: unknown, isAsync: boolean): void {
    if (!this.#isInterleaving) endTask();
    let state: Ended["state"] = isError ? record.ERROR : record.VALUE;
    let failure = isError ? value : undefined;
    let result: Payload;
    try {
      result = payloadOf(
        value,
        isError ? "error" : "result",
        this.#pool.memory,
        isError ? undefined : takeMoved(value),
      );
    } catch (error) {
      state = record.ERROR;
      failure = error;
      result = payloadOf(error, "error", this.#pool.memory);
    }
    this.#ended = { block: task.block, state, result, task, error: failure };
    if (!isAsync && !this.#isInterleaving) return;
    this.#handOverNow();
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.();
  }

  /** Terminates this worker if the task runs too long. Returns a function to call this off. */
  #limit(taken: Taken): () => void {
    const { records } = this.#pool.state;
    const recordSlot = this.#pool.state.locked(() => records.word(taken.block, record.SLOT));
    const thread = new Thread({
      target: terminateLateTask as never,
      args: [this.#pool.executor, this.#slot, recordSlot, taken.id],
      name: `timeout of ${this.#pool.prefix}_${this.#slot}`,
      daemon: true,
    });
    internals.startLater(thread, taken.timeout);
    return () => internals.callOff(thread);
  }
}

/**
 * Waits until the bell rings. Returns true if the time has run out first.
 *
 * @param look is called when the thread is awake, and the bell has not rung: a thread may have died
 */
function* idling(bell: Bell, deadline: Deadline, look: () => void): Steps<boolean> {
  for (;;) {
    yield { ...bell, deadline, sleepsAtOnce: true };
    if (Atomics.load(bell.words, bell.index) !== bell.value) return false;
    if (deadline.expired()) return true;
    look();
  }
}

expose(import.meta.url, { runWorker, terminateLateTask });
