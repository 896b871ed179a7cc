/** An executor in this thread: how tasks get in, and how workers are started. */
import { type AbortSignalLike, block, Deadline, type Steps, suspend, ThreadError } from "@x/core";
import { dropMemories, hasLinkTo, NO_BLOCK } from "@x/core/internal";
import { Thread } from "@x/thread";
import { internalsOf } from "@x/thread/internal";
import { Callables, type NewCallable, WITH_ARGUMENTS } from "./callables.js";
import { friends, Future } from "./future.js";
import { Outcome } from "./outcome.js";
import { kept, type Payload, payloadOfArgs } from "./payload.js";
import * as record from "./records.js";
import { type Reserved, State } from "./state.js";
import { giveBackAll, receiveAll, Submitter, type SubmitterOwner } from "./submitter.js";
import { thisTask } from "./this-task.js";
import * as head from "./words.js";
import type { Task } from "./submit-options.js";

const internals = /* @__PURE__ */ internalsOf(Thread);

/** A task, ready for the store. */
interface Encoded {
  readonly task: Task;
  readonly callable: number | NewCallable;
  readonly args: Payload;
}

/** The executor's part: its object, and the threads of its workers. */
export interface PoolOwner {
  readonly executor: { readonly label: string; share(): unknown };
  /** A thread for a worker, not started yet. */
  workerThread(slot: number, name: string): Thread;
}

const IS_OVER = "executor: the process ends, and begins no more tasks; submit them before its end";

/** Does the process, or this worker, end? Undefined: nothing watches for it yet. */
let isOver: boolean | undefined;

function watchEnd(): void {
  if (isOver !== undefined) return;
  isOver = false;
  internals.atProcessEnd(() => {
    isOver = true;
    receiveAll(); // a task may have failed just before the end
    Outcome.reportAll();
    Outcome.dropAll();
    giveBackAll();
  });
}

const AT_END = "executor: the executor is shut down, and takes no more tasks; submit before the shutdown";

export class WorkerPool implements SubmitterOwner {
  readonly state: State;
  readonly callables: Callables;
  readonly submitter: Submitter;
  #prefix: string | undefined;

  constructor(
    words: Int32Array,
    at: number,
    readonly memory: SharedArrayBuffer,
    private readonly owner: PoolOwner,
  ) {
    this.state = new State(words, at, memory, (entry, isDaemon) => internals.setDaemon(entry, isDaemon));
    this.callables = new Callables(this.state.records);
    this.submitter = new Submitter(this);
    watchEnd();
  }

  get label(): string {
    return this.owner.executor.label;
  }

  /** The executor of this pool, for arguments of threads. */
  get executor(): unknown {
    return this.owner.executor;
  }

  handle(): unknown {
    return this.owner.executor.share();
  }

  // ---------------------------------------------------------------- submit

  submit<R>(task: Task): Future<R> {
    const encoded = this.#encode(task);
    if (task.signal?.aborted === true) return this.#cancelled(encoded); // a worker might take it before it is cancelled
    try {
      const added = this.#isFull ? undefined : this.#tryAdd(encoded);
      return futureOf(added ?? block(this.#adding(this.#kept(encoded)), this.#on, "submitAsync()"));
    } catch (error) {
      throw this.#refused(encoded, error);
    }
  }

  /** Pins the task to each worker that runs or starts at this moment. */
  submitToAll<R>(task: Task): Future<R>[] {
    this.checkMayWait(
      "run a function in all workers of its own executor, because its worker is one of them; call it elsewhere",
    );
    this.#checkOpen();
    const futures: Future<R>[] = [];
    const slots = this.state.locked(() => this.state.slots());
    if (slots.length === 0) dropMemories(this.memory, this.#encode(task).args.names); // checks the arguments
    for (const slot of slots) {
      const encoded = this.#encode(task); // each time, because the memory named by arguments is kept for each worker
      try {
        const added = this.#tryAdd(encoded, slot);
        if (added === undefined) dropMemories(this.memory, encoded.args.names);
        else futures.push(futureOf(added));
      } catch (error) {
        throw this.#refused(encoded, error);
      }
    }
    return futures;
  }

  async submitAsync<R>(task: Task, signal: AbortSignalLike | undefined): Promise<{ readonly future: Future<R> }> {
    const encoded = this.#kept(this.#encode(task));
    try {
      return { future: futureOf(await suspend(this.#adding(encoded), signal, this.#on)) };
    } catch (error) {
      throw this.#refused(encoded, error);
    }
  }

  /** @throws BrokenExecutor, ThreadError */
  #checkOpen(): void {
    const flags = this.state.load(head.FLAGS);
    if ((flags & head.BROKEN) !== 0) throw this.submitter.broken();
    if ((flags & head.SHUT_DOWN) !== 0) throw new ThreadError(AT_END);
  }

  /** A cancelled future, for a task that is not added. */
  #cancelled<R>(encoded: Encoded): Future<R> {
    dropMemories(this.memory, encoded.args.names);
    const future = new Future<R>();
    future.cancel();
    return future;
  }

  /** Drops the memory kept for the arguments, and returns the error. An added task has dropped this memory itself. */
  #refused(encoded: Encoded, error: unknown): unknown {
    if (error instanceof NoWorker) return error.cause;
    dropMemories(this.memory, encoded.args.names);
    return error;
  }

  get #on(): { packageName: string; label: string } {
    return { packageName: "executor", label: `room in ${this.label}` };
  }

  #encode(task: Task): Encoded {
    const { target } = task;
    let callable: number | NewCallable = WITH_ARGUMENTS;
    if (typeof target === "function")
      callable = this.callables.numberOf(target as never) ?? this.callables.encode(target as never);
    let args = callable === WITH_ARGUMENTS ? [target, ...task.args] : task.args;
    if (task.isNamed) args = [...args, task.name];
    return { task, callable, args: payloadOfArgs(args, this.memory, task.transfer) };
  }

  /** The task with bytes of its own, because other values are encoded while the submitter waits. */
  #kept(encoded: Encoded): Encoded {
    return { ...encoded, args: kept(encoded.args) };
  }

  /** Are there `maxPending` pending tasks? Reads without the lock. */
  get #isFull(): boolean {
    const most = this.state.load(head.MAX_PENDING);
    return most !== head.NONE && this.state.load(head.PENDING) >= most;
  }

  *#adding(encoded: Encoded): Steps<Added> {
    for (;;) {
      const added = this.#tryAdd(encoded);
      if (added !== undefined) return added;
      const gate = this.state.locked(() =>
        this.#isFull ? this.state.arrivingAt(head.ROOM, head.ROOM_WAITERS) : undefined,
      );
      if (gate === undefined || this.submitter.lookAtDeaths()) continue;
      yield { ...gate, deadline: Deadline.NEVER };
      this.#lookUnless(gate);
    }
  }

  /**
   * Adds the task. Undefined if there is no room now, or if the worker of a pinned task has ended. It makes the
   * future at once, and starts the worker:
   * // A task of this thread adds T, and awaits; the worker ends T; another task of this thread receives the
   * // result, and finds no future of T: the result is lost.
   */
  #tryAdd(encoded: Encoded, pinnedTo?: number): Added | undefined {
    const record = this.#tryAddRecord(encoded, pinnedTo);
    if (record === undefined) return undefined;
    const { slot, id, reserved } = record;
    const { name, signal, terminate } = encoded.task;
    const future = this.submitter.add<never>(slot, id, name);
    if (reserved !== undefined) {
      try {
        this.launch([reserved]);
      } catch (error) {
        if (future.cancel()) return { failure: error }; // no worker is left to run it
      }
    }
    if (signal !== undefined) this.#obey(signal, terminate, future, { slot, id });
    return { future };
  }

  #tryAddRecord({ task, callable, args }: Encoded, worker: number | undefined): AddedRecord | undefined {
    const { state, callables } = this;
    const { records } = state;
    let isBroken = false;
    state.enter();
    try {
      const flags = records.head(head.FLAGS);
      isBroken = (flags & head.BROKEN) !== 0;
      if (isBroken) return undefined;
      if ((flags & head.SHUT_DOWN) !== 0) throw new ThreadError(AT_END);
      if (isOver === true) throw new ThreadError(IS_OVER);
      if (worker === undefined ? this.#isFull : !state.isAlive(worker)) return undefined;
      const owner = this.submitter.block();
      const sentTo = worker === undefined && args.parcel !== undefined ? this.#linkedWorker() : undefined;
      const only = worker ?? sentTo?.slot;
      const pinnedTo = only === undefined ? undefined : state.levelOfWorker(only);
      const number = typeof callable === "number" ? callable : callables.add(task.target as never, callable);
      const { priority, timeout, isNamed } = task;
      const made =
        number === undefined || pinnedTo === NO_BLOCK
          ? NO_BLOCK
          : records.add({ callable: number, priority, timeout, isNamed, pinnedTo, sentTo: sentTo?.ident }, args, owner);
      if (made === NO_BLOCK)
        throw new ThreadError(
          `executor: the memory is full: ${records.store.usage}; raise maxBytes, or set maxPending`,
        );
      let reserved: Reserved | undefined;
      if (only === undefined) reserved = state.callWorker();
      else state.callPinned(only);
      return { slot: records.word(made, record.SLOT), id: records.word(made, record.ID), reserved };
    } finally {
      state.exit();
      // eslint-disable-next-line no-unsafe-finally -- the error asks for a death record, so it is made after the release
      if (isBroken) throw this.submitter.broken();
    }
  }

  /**
   * The next idle worker, if this thread has a link to it: the objects of a task go straight there. Through the supervisor
   * they take two messages more, and two wakes.
   */
  #linkedWorker(): ReturnType<State["firstIdle"]> {
    const idle = this.state.firstIdle();
    return idle !== undefined && hasLinkTo(idle.ident) ? idle : undefined;
  }

  // ---------------------------------------------------------------- signals

  #obey(signal: AbortSignalLike, terminates: boolean, future: Future<never>, name: record.RecordName): void {
    const abort = (): void => {
      if (future.cancel() || future.done()) return;
      future.requestCancel();
      if (terminates) this.#terminateTask(name, signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    friends.whenSettled(future, () => signal.removeEventListener("abort", abort));
  }

  #terminateTask(name: record.RecordName, reason: unknown): void {
    const { state } = this;
    const { records } = state;
    const entry = state.locked(() => {
      const task = records.find(name);
      if (task === NO_BLOCK || records.word(task, record.STATE) !== record.RUNNING) return undefined;
      this.submitter.reasons.set(name.id, reason);
      return state.entryOf(records.word(task, record.WORKER));
    });
    if (entry !== undefined) internals.terminateEntry(entry);
  }

  // ---------------------------------------------------------------- workers

  launch(reserved: readonly Reserved[]): void {
    const { state } = this;
    let failure: { readonly error: unknown } | undefined;
    for (const each of reserved) {
      try {
        const thread = this.owner.workerThread(each.slot, `${this.prefix}_${each.slot}`);
        internals.launch(thread);
        state.locked(() => state.started(each, thread.ident!));
      } catch (error) {
        failure = { error };
        state.locked(() => state.freeWorker(each.slot));
      }
    }
    if (failure !== undefined && state.load(head.ALIVE) === 0) throw failure.error;
  }

  /** Starts the minimum number of workers. */
  prestart(): void {
    this.launch(this.state.locked(() => this.state.wanted()));
  }

  /** The prefix of the names of its workers. */
  get prefix(): string {
    return (this.#prefix ??= this.state.locked(() => {
      const { records } = this.state;
      const stored = records.head(head.PREFIX);
      const bytes = new Uint8Array(records.word(stored, 0));
      records.store.read(stored + head.WORD_BYTES, bytes);
      return new TextDecoder().decode(bytes);
    }));
  }

  // ---------------------------------------------------------------- the end

  /** @returns the number of cancelled tasks */
  cancelPending(): number {
    const cancelled = this.state.locked(() => this.state.dropPending(record.CANCELLED));
    this.submitter.receive();
    return cancelled;
  }

  /** Lets no task in any more. */
  close(cancelsPending: boolean): void {
    const { state } = this;
    const { records } = state;
    state.locked(() => {
      records.setHead(head.FLAGS, records.head(head.FLAGS) | head.SHUT_DOWN);
      if (cancelsPending) state.dropPending(record.CANCELLED);
      state.openGate(head.ROOM, head.ROOM_WAITERS);
      state.wakeWorkers();
    });
    this.submitter.receive();
  }

  /**
   * Ends all workers now, except the calling worker. A worker that is asleep wakes, and leaves by itself: so its thread's
   * worker can run other threads. (And Chromium takes two seconds to terminate a worker that blocks.)
   */
  terminate(): void {
    const { state } = this;
    const { records } = state;
    const me = internals.entry().ident;
    const entries = state.locked(() => {
      records.setHead(head.FLAGS, records.head(head.FLAGS) | head.SHUT_DOWN | head.TERMINATED);
      state.dropPending(record.CANCELLED);
      state.openGate(head.ROOM, head.ROOM_WAITERS);
      state.wakeWorkers();
      return state.awake();
    });
    for (const entry of entries) if (entry.ident !== me) internals.terminateEntry(entry);
    this.submitter.receive();
  }

  /** @throws ThreadError if the calling thread is one of the workers: it would wait for itself */
  checkMayWait(what: string = "wait for the end of its own executor; call shutdown(false)"): void {
    if (thisTask()?.state === this.state) throw new ThreadError(`executor: a task cannot ${what}`);
  }

  /**
   * Waits for the end of the last worker after a shutdown; undefined if the time ran out first. Returns the
   * idents of the workers; their threads end at this moment.
   */
  *ending(deadline: Deadline): Steps<ReadonlySet<number> | undefined> {
    const { state } = this;
    const { records } = state;
    const idents = new Set(state.locked(() => state.idents()));
    for (;;) {
      this.submitter.receive();
      const gate = state.locked(() => {
        for (const ident of state.idents()) idents.add(ident);
        if (records.head(head.ALIVE) === 0 && records.head(head.PENDING) === 0) return undefined;
        return state.arrivingAt(head.END, head.END_WAITERS);
      });
      if (gate === undefined) return idents;
      const reserved = state.locked(() => state.wanted());
      if (reserved.length > 0) this.launch(reserved);
      if (deadline.expired()) return undefined;
      yield { ...gate, deadline };
      this.#lookUnless(gate);
    }
  }

  /** Awake, and the gate has not opened: a thread has died. */
  #lookUnless({ words, index, value }: { words: Int32Array; index: number; value: number }): void {
    if (Atomics.load(words, index) === value) this.submitter.look();
  }
}

interface AddedRecord {
  readonly slot: number;
  readonly id: number;
  readonly reserved: Reserved | undefined;
}

/** The future in an object, because a step may not return a thenable. */
type Added = { readonly future: Future<never> } | { readonly failure: unknown };

/** The task was added, and cancelled, because no worker could start. */
class NoWorker extends Error {}

function futureOf<R>(added: Added): Future<R> {
  if ("future" in added) return added.future;
  throw new NoWorker("", { cause: added.failure });
}
