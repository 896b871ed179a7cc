/**
 * What all threads of the process know of each other, in shared memory: the table of threads, and a few counts.
 *
 * The thread in which the library was loaded first makes the world and is its main thread: its root. Every worker that is started
 * after that inherits it, whoever starts it. A process may have several: workers that were started before, or by a thread that knows
 * nothing of the library, are roots of worlds of their own. See {@link nextIdent} for what these have in common.
 *
 * Words of the head
 *   IDENTS         half of the ident that was given out last (odd ones are not ours, see core's identity.ts)
 *   NUMBERS        how many threads were named by number: "Thread-7"
 *   HIGH           slots from this one on have never been used
 *   HINT           no slot below this one is free, or hardly ever: where to begin looking for one
 *   TURNS          how often the functions that threads hand on have been changed
 *   STACK_SIZE     bytes, for threads to come; 0 is the platform's own choice
 *   LIMIT          how many threads the machine can carry; 0 until somebody starts the first one
 *   DETECTING      1 while deadlocks are to be detected
 *   WORKERS        how many workers have been made to run threads, by all supervisors
 *   PHASE          0, then CLOSED for ever once the process is past waiting for threads
 *
 * Words of a slot
 *   CLAIM    0 free; the ident of the thread that has it, from before it lives until all has been said about its end; or negative,
 *            while a worker enters a thread there: which one, so that the slot can be freed if that one is terminated meanwhile
 *   LIFE     the ident of its thread while that is alive, 0 otherwise (followed by its turnstile)
 *   IDENT    the ident of the thread that has or had the slot
 *   STAGE    STARTING, RUNNING (followed by its turnstile)
 *   FLAGS    DAEMON, RAW, FOREIGN, MAIN, PENDING, DUMMY
 *   NATIVE   the system's number of its worker
 *   STARTER  the number of the worker from which it was started
 *   AWAITER  the ident of the main or foreign thread that waits for it at the end, see {@link awaiterHere}
 *   WANTED   1 once a thread other than its starter knows it, and may ask for its result
 *   NAME_TURN, NAME_LENGTH, NAME   odd while the name is being written; bytes; UTF-8
 *
 * Behind the slots
 *   TAKES_WORKER   a bit for each slot: its thread is alive and takes a worker
 *
 * Invariants
 *   1. A thread ends by one compare-exchange of LIFE from its ident to 0, by the thread itself or by the supervisor.
 *   2. Idents are never used again, so a slot that has been given to another thread tells an old joiner: LIFE is not mine.
 *   3. What a thread leaves (its result) is on its way before LIFE says that it has ended.
 *   4. A thread may be killed between any two operations. So no number counts what another word says as well: two words cannot be changed
 *      at once, and a count that missed one change would be wrong for ever. What is counted is counted anew from LIFE, or is a bit, which
 *      may be set or cleared twice. The supervisor finishes what a killed thread was doing, by {@link completeEnd} and {@link finishEntering}.
 */
import {
  Deadline,
  FIRST_OF_WORKERS,
  IDENT_MAX,
  newSharedMemory,
  platform,
  Spinner,
  type Steps,
  ThreadError,
  WAITED_ON_WORDS,
  wake,
} from "@x/core";
import { threadPlatform } from "../platform/host.js";
import { here } from "./this-worker.js";
import { PROTOCOL, ROOT, type Root } from "./protocol-version.js";

const KEY = `${PROTOCOL} world`;

const IDENTS = 0;
const NUMBERS = 1;
const HIGH = 2;
const STACK_SIZE = 3;
const PHASE = 4;
const HINT = 5;
const LIMIT = 6;
const TURNS = 7;
const DETECTING = 8;
const WORKERS = 9;
const HEAD_WORDS = 64;

const CLOSED = 1; // 0 is open

const CLAIM = 0;
const LIFE = 1;
const IDENT = LIFE + WAITED_ON_WORDS;
const STAGE = IDENT + 1;
const FLAGS = STAGE + WAITED_ON_WORDS;
const NATIVE = FLAGS + 1;
const STARTER = NATIVE + 1;
const AWAITER = STARTER + 1;
const WANTED = AWAITER + 1;
const NAME_TURN = WANTED + 1;
const NAME_LENGTH = NAME_TURN + 1;
const NAME = NAME_LENGTH + 1;
const SLOT_WORDS = 64;
const SLOTS = 16384;

const TAKES_WORKER = HEAD_WORDS + SLOTS * SLOT_WORDS;
const TAKES_WORKER_WORDS = SLOTS / 32;

/** Longer names are cut for other threads: so many bytes of UTF-8 fit. */
export const NAME_BYTES: number = (SLOT_WORDS - NAME) * 4;

const STARTING = 0;
const RUNNING = 1;

/** Does not hold the process. */
export const DAEMON = 1;
/** Started by `startNewThread`: not listed until it asks for `currentThread`. */
export const RAW = 2;
/** Lives in a worker that this library did not start. */
export const FOREIGN = 4;
/** The main thread: listed even after it has ended. */
const MAIN = 8;
/** Waits for its time to come, without a worker. */
export const PENDING = 16;
/** Was RAW. */
const DUMMY = 32;

/** How often to try again while another thread is at work: one that has died in the middle of it would stay there for ever. */
const MAX_RETRIES = 1000;

/** Does not take a worker of ours. */
const WITHOUT_WORKER = MAIN | FOREIGN | PENDING;

/** A thread, as others know it: where it stands in the table, and its ident. */
export interface Entry {
  readonly slot: number;
  readonly ident: number;
}

/** Of a worker that has had no thread. */
export const NO_ENTRY: Entry = { slot: 0, ident: 0 };

const inherited = platform.inherited(KEY) as SharedArrayBuffer | undefined;
const buffer = inherited ?? newSharedMemory((TAKES_WORKER + TAKES_WORKER_WORDS) * 4);
const words = new Int32Array(buffer);
const bytes = new Uint8Array(buffer);
const [encoder, decoder] = platform.textCoders();

/** The ident of the process's main thread. */
const MAIN_IDENT = 1;

/** Halves of idents below this one are for worlds whose root is the process's main thread; the others are cut into blocks. */
const OTHERS = FIRST_OF_WORKERS / 2;

const me = platform.foreignIdent();
const inheritedRoot = platform.inherited(ROOT) as Root | undefined;
const root: Root = inheritedRoot ?? { ident: me, buffer, at: IDENTS };
const idents = new Int32Array(root.buffer);

/**
 * Is this the main thread: the one in which the library was loaded first?
 *
 *     if (isMainThread) main();       // Python's `if __name__ == "__main__":`
 *
 * A module that exposes functions is imported by each thread that runs them, so what only the main thread shall do stands
 * behind this. It is true for each copy of the library that the main thread loads, and for none elsewhere.
 */
export const isMainThread: boolean = root.ident === me;

/** Does the process end with this thread? A worker of the user's may be the main thread of those that it starts. */
export const isMainOfProcess: boolean = me === MAIN_IDENT;

/**
 * The thread that waits, at its end, for those that are started here: main, or a worker that this library did not start. Such a worker waits
 * for its threads by itself: it may be terminated, and its threads with it, and main may not wait for them then.
 */
let awaiter = root.ident;

if (inheritedRoot === undefined) platform.bequeath(ROOT, root);
if (inherited === undefined) {
  platform.bequeath(KEY, buffer);
  enter(root.ident, "MainThread", MAIN, isMainThread ? platform.nativeId() : 0);
  setDetecting(platform.env("THREADING_DETECT_DEADLOCKS") === "1");
}

// ---------------------------------------------------------------- idents

const BLOCK = 2 ** 10;
const BLOCKS = ((IDENT_MAX + 1) / 2 - OTHERS) / BLOCK;

/**
 * An ident that no thread of the process has had. Threads of two worlds may meet at a lock, so their idents differ, although worlds that
 * no common ancestor has introduced share no memory. But the platform numbers all workers of a process, and uses no number twice. So
 * a number is the right to a block of idents: a root begins with that of its own number, and has a worker made for the number alone
 * once a block is used up.
 */
export function nextIdent(): number {
  return 2 * (root.ident === MAIN_IDENT ? nextOfMain() : nextOfBlock());
}

function nextOfMain(): number {
  const next = Atomics.add(idents, root.at, 1) + 1;
  if (next >= OTHERS)
    throw new ThreadError("thread: can't start new thread: all idents have been used; restart the process");
  return next;
}

function nextOfBlock(): number {
  for (;;) {
    const last = Atomics.load(idents, root.at);
    const next = last !== 0 && (last + 1) % BLOCK !== 0 ? last + 1 : firstOfBlock(last);
    if (Atomics.compareExchange(idents, root.at, last, next) === last) return next;
  }
}

function firstOfBlock(last: number): number {
  const own = (root.ident - 1) / 2;
  const number = last === 0 && own < BLOCKS ? own : (threadPlatform?.newNativeId() ?? BLOCKS);
  if (number < BLOCKS) return OTHERS + number * BLOCK;
  throw new ThreadError(
    'thread: can\'t start new thread: all idents for threads of workers have been used; import "@x/thread" in the main thread, ' +
      "before it starts the worker",
  );
}

// ---------------------------------------------------------------- counts

/** A number that no worker of this world has had. */
export function nextWorker(): number {
  return Atomics.add(words, WORKERS, 1) + 1;
}

/** Later than every turn before, in any thread. */
export function nextTurn(): number {
  return Atomics.add(words, TURNS, 1) + 1;
}

/** The next number for a name. */
export function nextNumber(): number {
  return Atomics.add(words, NUMBERS, 1) + 1;
}

/** @throws ThreadError if the machine can carry no more threads */
export function checkRoom(): void {
  const running = runningThreads();
  // Measured once: what is in use later says little about a thread that is only starting.
  if (Atomics.load(words, LIMIT) === 0) {
    Atomics.compareExchange(words, LIMIT, 0, running + (threadPlatform?.threadLimit() ?? 0));
  }
  if (running < Atomics.load(words, LIMIT)) return;
  throw new ThreadError(
    `thread: can't start new thread: ${running} are running, and this machine can carry no more; join some first`,
  );
}

/** Can the machine carry a worker that nobody has asked for, and many more? */
export function hasRoomForSpare(): boolean {
  return 2 * runningThreads() < Atomics.load(words, LIMIT);
}

/** How many threads are alive and take a worker. Stops counting above `most`. */
function runningThreads(most = SLOTS): number {
  const end = TAKES_WORKER + Math.ceil(Atomics.load(words, HIGH) / 32);
  let count = 0;
  for (let at = TAKES_WORKER; at < end && count <= most; at++) {
    for (let bits = Atomics.load(words, at); bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}

function markTakesWorker(slot: number): void {
  Atomics.or(words, TAKES_WORKER + (slot >> 5), 1 << (slot & 31));
}

function unmarkTakesWorker(slot: number): void {
  Atomics.and(words, TAKES_WORKER + (slot >> 5), ~(1 << (slot & 31)));
}

/** The stack size for threads to come, in bytes; 0 is the platform's own choice. Sets it if given. Returns what it was. */
export function exchangeStackSize(size?: number): number {
  return size === undefined ? Atomics.load(words, STACK_SIZE) : Atomics.exchange(words, STACK_SIZE, size);
}

/** Are deadlocks to be detected? */
export function isDetecting(): boolean {
  return Atomics.load(words, DETECTING) === 1;
}

export function setDetecting(on: boolean): void {
  Atomics.store(words, DETECTING, on ? 1 : 0);
}

export function isClosed(): boolean {
  return Atomics.load(words, PHASE) === CLOSED;
}

/** From now on no thread can be started. */
export function close(): void {
  Atomics.store(words, PHASE, CLOSED);
}

export function awaiterHere(): number {
  return awaiter;
}

/** From now on, `ident` waits for those that are started here. */
export function assumeAwaiter(ident: number): void {
  awaiter = ident;
}

/** Those that are waited for here, main excepted, as they stood at one moment. */
export function nonDaemons(): Entry[] {
  return snapshot((entry) => (isWaitedFor(entry) ? [entry] : [])).flat();
}

function isWaitedFor({ slot }: Entry): boolean {
  const at = place(slot);
  return (Atomics.load(words, at + FLAGS) & (MAIN | DAEMON)) === 0 && Atomics.load(words, at + AWAITER) === awaiter;
}

/** True once none is left of these, false if the time ran out first. What a thread starts is in the table before that thread has ended. */
export function* withoutNonDaemons(deadline: Deadline = Deadline.NEVER): Steps<boolean> {
  for (let entry; (entry = nonDaemons()[0]) !== undefined;) {
    if (!(yield* ending(entry, deadline))) return false;
  }
  return true;
}

// ---------------------------------------------------------------- starts and ends

/**
 * Enters a thread into the table: from now on it is alive.
 *
 * @param nativeId the system's number of its worker, if it runs already; Node's main thread has the number 0
 * @throws ThreadError if the table is full
 */
export function enter(ident: number, name: string, flags: number, nativeId?: number): Entry {
  const slot = claim();
  const at = place(slot);
  Atomics.store(words, at + IDENT, ident);
  Atomics.store(words, at + STAGE, nativeId === undefined ? STARTING : RUNNING);
  Atomics.store(words, at + FLAGS, flags);
  Atomics.store(words, at + NATIVE, nativeId ?? 0);
  Atomics.store(words, at + STARTER, here.worker);
  Atomics.store(words, at + AWAITER, awaiter);
  Atomics.store(words, at + WANTED, 0);
  writeName(at, name);
  if ((flags & WITHOUT_WORKER) === 0) markTakesWorker(slot);
  Atomics.store(words, at + LIFE, ident);
  Atomics.store(words, at + CLAIM, ident);
  return { slot, ident };
}

function claim(): number {
  const hint = Atomics.load(words, HINT);
  for (let i = 0; i < SLOTS; i++) {
    const slot = (hint + i) % SLOTS;
    for (let high; (high = Atomics.load(words, HIGH)) <= slot;) Atomics.compareExchange(words, HIGH, high, slot + 1);
    if (Atomics.compareExchange(words, place(slot) + CLAIM, 0, enteredBy(here.worker)) !== 0) continue;
    Atomics.compareExchange(words, HINT, hint, slot + 1);
    return slot;
  }
  throw new ThreadError(`thread: can't start new thread: ${SLOTS} have been started and not ended; join some first`);
}

/** What CLAIM is while that worker enters a thread. */
function enteredBy(worker: number): number {
  return -1 - worker;
}

/** The time of a pending thread has come: from now on it takes a worker. */
export function becomeDue({ slot }: Entry): void {
  Atomics.and(words, place(slot) + FLAGS, ~PENDING);
  markTakesWorker(slot);
}

/** The thread runs, in this worker. */
export function begin({ slot }: Entry, nativeId: number): void {
  const at = place(slot);
  Atomics.store(words, at + NATIVE, nativeId);
  Atomics.store(words, at + STAGE, RUNNING);
  wake(words, at + STAGE);
}

/** The thread has ended. Says whether this call was the one that ended it; see invariant 1. `vacate` comes after it. */
export function end({ slot, ident }: Entry): boolean {
  const at = place(slot);
  if (Atomics.compareExchange(words, at + LIFE, ident, 0) !== ident) return false;
  unmarkTakesWorker(slot);
  wakeAll(at);
  return true;
}

function wakeAll(at: number): void {
  wake(words, at + LIFE);
  wake(words, at + STAGE);
}

/** Completes an end in whose midst the worker was killed; to be called once that is gone. A needless wake is always legal. */
export function completeEnd(entry: Entry): void {
  const at = place(entry.slot);
  if (Atomics.load(words, at + CLAIM) !== entry.ident) return; // completed: the slot is another's
  unmarkTakesWorker(entry.slot);
  wakeAll(at);
  vacate(entry);
}

/** All has been said about the thread that ended: its slot may go to another. Saying it twice does no harm. */
export function vacate({ slot, ident }: Entry): void {
  free(slot, ident);
}

/**
 * A worker is gone. A slot in which it was entering a thread may go to another, unless the thread can be seen there already: then it is
 * entered, to be ended as all that have not begun.
 */
export function finishEntering(worker: number): void {
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    if (Atomics.load(words, at + CLAIM) !== enteredBy(worker)) continue;
    const ident = Atomics.load(words, at + LIFE);
    if (ident !== 0) {
      Atomics.store(words, at + CLAIM, ident);
    } else {
      unmarkTakesWorker(slot);
      free(slot, enteredBy(worker));
    }
  }
}

function free(slot: number, claimed: number): void {
  if (Atomics.compareExchange(words, place(slot) + CLAIM, claimed, 0) !== claimed) return;
  for (let hint; (hint = Atomics.load(words, HINT)) > slot;) Atomics.compareExchange(words, HINT, hint, slot);
}

export function isAlive({ slot, ident }: Entry): boolean {
  return Atomics.load(words, place(slot) + LIFE) === ident;
}

/** All threads that were started here and are alive: those whose workers end with the supervisor of this thread. */
export function livingHere(): Entry[] {
  const entries: Entry[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + LIFE);
    if (ident !== 0 && isOfWorkerHere(at)) entries.push({ slot, ident });
  }
  return entries;
}

function isOfWorkerHere(at: number): boolean {
  return (Atomics.load(words, at + FLAGS) & (MAIN | FOREIGN)) === 0 && Atomics.load(words, at + AWAITER) === awaiter;
}

/** Threads that were started here, and have ended and not left their slot. */
export function endedHere(): Entry[] {
  const entries: Entry[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + CLAIM);
    if (ident <= 0 || Atomics.load(words, at + LIFE) === ident) continue;
    if (isOfWorkerHere(at)) entries.push({ slot, ident });
  }
  return entries;
}

/** Threads that were started from this worker, and have not begun to run, or have ended and not left their slot. */
export function unfinished(worker: number): Entry[] {
  const entries: Entry[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + CLAIM);
    if (ident <= 0 || Atomics.load(words, at + STARTER) !== worker) continue;
    const hasBegun = Atomics.load(words, at + STAGE) === RUNNING && Atomics.load(words, at + LIFE) === ident;
    if (!hasBegun) entries.push({ slot, ident });
  }
  return entries;
}

/** Is there a core for main, one for each running thread, and some for others? */
export function roomToSpin(others = 0): boolean {
  const most = platform.cores() - 1 - others;
  return runningThreads(most) <= most;
}

const begins = new Spinner();
const ends = new Spinner();

/** Looks for a moment whether the thread begins at once. */
export function spinUntilBegun({ slot }: Entry): void {
  if (roomToSpin()) begins.spin(words, place(slot) + STAGE, STARTING);
}

/** Looks for a moment whether it ends at once. */
export function spinUntilEnded({ slot, ident }: Entry): void {
  if (roomToSpin()) ends.spin(words, place(slot) + LIFE, ident);
}

/** True once the thread has ended, false if the time ran out first. */
export function* ending({ slot, ident }: Entry, deadline: Deadline): Steps<boolean> {
  const index = place(slot) + LIFE;
  for (let hopeless = false; Atomics.load(words, index) === ident;) {
    if (hopeless || deadline.expired()) return false;
    hopeless = (yield { words, index, value: ident, deadline, holder: { index, shift: 0 } }) === "deadlock";
  }
  return true;
}

/** Until the thread runs, or has ended. */
export function* beginning({ slot, ident }: Entry): Steps<void> {
  const at = place(slot);
  while (Atomics.load(words, at + STAGE) === STARTING && Atomics.load(words, at + LIFE) === ident) {
    yield { words, index: at + STAGE, value: STARTING, deadline: Deadline.NEVER };
  }
}

// ---------------------------------------------------------------- what is known of a thread

/** The system's number of its worker; undefined until it runs. Only while it is alive. */
export function nativeIdOf({ slot }: Entry): number | undefined {
  const at = place(slot);
  return Atomics.load(words, at + STAGE) === RUNNING ? Atomics.load(words, at + NATIVE) : undefined;
}

export function flagsOf({ slot }: Entry): number {
  return Atomics.load(words, place(slot) + FLAGS);
}

/** Does it run in a worker that this library did not start, or was it started by `startNewThread`? */
export function isDummy(entry: Entry): boolean {
  return (flagsOf(entry) & (FOREIGN | DUMMY)) !== 0 && isAlive(entry); // in this order: the flags may be another's
}

/** A raw thread has asked who it is: from now on it is listed, by this name. */
export function list({ slot }: Entry, name: string): void {
  const at = place(slot);
  writeName(at, name);
  Atomics.xor(words, at + FLAGS, RAW | DUMMY);
}

/** Notes that a thread other than its starter knows it. Returns false if it has ended, perhaps without noticing. */
export function want(entry: Entry): boolean {
  Atomics.store(words, place(entry.slot) + WANTED, 1);
  return isAlive(entry);
}

/** May a thread other than its starter know it, or come to know it? It is not sure once the slot is another's. */
export function mayBeKnown({ slot, ident }: Entry): boolean {
  const at = place(slot);
  const isWanted = Atomics.load(words, at + WANTED) === 1;
  return isWanted || Atomics.load(words, at + LIFE) === ident || Atomics.load(words, at + IDENT) !== ident;
}

/** Is the result wanted by others than the starter? To be asked after `end`, before `vacate`. */
export function isWanted({ slot }: Entry): boolean {
  return Atomics.load(words, place(slot) + WANTED) === 1;
}

export function nameOf({ slot }: Entry): string {
  const at = place(slot);
  for (let retries = MAX_RETRIES; ; retries--) {
    const turn = Atomics.load(words, at + NAME_TURN);
    const begin = (at + NAME) * 4;
    const copy = bytes.slice(begin, begin + Atomics.load(words, at + NAME_LENGTH));
    const whole = turn % 2 === 0 && Atomics.load(words, at + NAME_TURN) === turn;
    if (whole || retries === 0) return decoder.decode(copy);
  }
}

/** The name of a thread of this ident that may have ended, as long as its slot has not gone to another. */
export function lastNameOf(ident: number): string | undefined {
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    if (Atomics.load(words, place(slot) + IDENT) !== ident) continue;
    const name = nameOf({ slot, ident });
    return Atomics.load(words, place(slot) + IDENT) === ident ? name : undefined;
  }
  return undefined;
}

export function rename({ slot }: Entry, name: string): void {
  writeName(place(slot), name);
}

function writeName(at: number, name: string): void {
  // encodeInto never cuts a letter of several bytes in two.
  const text = new Uint8Array(NAME_BYTES);
  const { written } = encoder.encodeInto(name, text);
  let turn = Atomics.load(words, at + NAME_TURN) & ~1;
  for (let retries = MAX_RETRIES; retries > 0; retries--) {
    if (Atomics.compareExchange(words, at + NAME_TURN, turn, turn + 1) === turn) break;
    turn = Atomics.load(words, at + NAME_TURN) & ~1;
  }
  bytes.set(text, (at + NAME) * 4);
  Atomics.store(words, at + NAME_LENGTH, written);
  Atomics.store(words, at + NAME_TURN, turn + 2);
}

/**
 * All threads that are listed, as they stood at one moment: a thread that starts is there once, one that has ended is not.
 * Of each, `look` tells something that is to be seen in the table, at the same moment.
 *
 * The table is read before and after. Idents are never used again, so if both readings are alike, nothing has changed between them.
 */
export function snapshot<T>(look: (entry: Entry) => T): T[] {
  let before = reading();
  for (let retries = MAX_RETRIES; ; retries--) {
    const seen = scan(look);
    const after = reading();
    if (retries === 0 || (after.length === before.length && after.every((word, i) => word === before[i]))) return seen;
    before = after;
  }
}

function reading(): number[] {
  const read: number[] = [];
  const high = Atomics.load(words, HIGH);
  for (let at = place(0); at < place(high); at += SLOT_WORDS) {
    read.push(Atomics.load(words, at + IDENT), Atomics.load(words, at + LIFE), Atomics.load(words, at + FLAGS));
  }
  return read;
}

function scan<T>(look: (entry: Entry) => T): T[] {
  const seen: T[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + LIFE);
    const flags = Atomics.load(words, at + FLAGS);
    if ((flags & MAIN) !== 0) seen.push(look(mainEntry()));
    else if (ident !== 0 && (flags & RAW) === 0) seen.push(look({ slot, ident }));
  }
  return seen;
}

/** A thread, for a report. */
export interface Standing {
  readonly ident: number;
  readonly name: string;
  readonly daemon: boolean;
  readonly stage: "waits for its time to come" | "is being started" | "runs";
}

/** The thread of this ident, if it is alive. */
export function entryOf(ident: number): Entry | undefined {
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) if (isAlive({ slot, ident })) return { slot, ident };
  return undefined;
}

/** All threads that are alive, those that are not listed among them. */
export function everyone(): Standing[] {
  const all: Standing[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + LIFE);
    if (ident === 0) continue;
    const flags = Atomics.load(words, at + FLAGS);
    const isStarting = Atomics.load(words, at + STAGE) === STARTING;
    const stage = (flags & PENDING) !== 0 ? "waits for its time to come" : isStarting ? "is being started" : "runs";
    all.push({ ident, name: nameOf({ slot, ident }), daemon: (flags & DAEMON) !== 0, stage });
  }
  return all;
}

/** The main thread, which stands first in the table for ever. */
export function mainEntry(): Entry {
  return { slot: 0, ident: Atomics.load(words, place(0) + IDENT) };
}

function place(slot: number): number {
  return HEAD_WORDS + slot * SLOT_WORDS;
}
