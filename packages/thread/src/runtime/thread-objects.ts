/**
 * Keeps a single object per thread: then thread objects can be compared by `===`. It knows no class:
 * the module of `Thread` sets it.
 */
import { type Callable, getIdent } from "@x/core";
import { callableName, platform, type TransferableCallable } from "@x/core/internal";
import { host } from "../platform/host.js";
import { nextNumber } from "../table/counters.js";
import { end, register, flagsOf, markListed, mayBeKnown, nativeIdOf, freeSlot, markShared } from "../table/entries.js";
import { DAEMON, type Entry, FOREIGN, mainEntry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { entryOf } from "../table/searches.js";

/** With this key the constructor creates a view of an existing thread. */
export const VIEW: unique symbol = Symbol("view of a thread");

/** The first fields of a view. */
export interface View {
  readonly [VIEW]: Entry;
  readonly name: string;
  readonly daemon: boolean;
  readonly nativeId?: number | undefined;
  readonly target?: TransferableCallable | undefined;
  readonly args?: readonly unknown[] | undefined;
  readonly hasKwargs?: boolean | undefined;
}

/** The part of a `Thread` for the runtime. */
interface ThreadObject {
  readonly ident: number | undefined;
  readonly name: string;
  readonly daemon: boolean;
}

let threadClass: Callable;

/** Sets the class of threads. The module of the class calls it, at its evaluation. */
export function setThreadClass(Class: Callable): void {
  threadClass = Class;
}

// ---------------------------------------------------------------- the cache

const objects = new Map<number, WeakRef<ThreadObject>>();
const collected = new FinalizationRegistry((ident: number) => {
  if (objects.get(ident)?.deref() === undefined) objects.delete(ident);
});

export function cache({ ident }: Entry, thread: ThreadObject): void {
  objects.set(ident, new WeakRef(thread));
  collected.register(thread, ident);
}

/**
 * The threads started by this thread, until their outcomes arrive. WeakRefs would not do: an engine
 * keeps the target of a new or read WeakRef until the next turn of the event loop. If main blocked
 * for hours, it would keep all its threads and their results.
 */
const unended = new Map<number, ThreadObject>();

export function keepUntilEnded({ ident }: Entry, thread: ThreadObject): void {
  unended.set(ident, thread);
}

/**
 * The thread has ended. If other threads know it, they may send it back, and it must be the same
 * object.
 */
export function stopKeeping(entry: Entry, thread: ThreadObject): void {
  if (unended.delete(entry.ident) && mayBeKnown(entry)) cache(entry, thread);
}

function cached({ ident }: Entry): ThreadObject | undefined {
  return unended.get(ident) ?? objects.get(ident)?.deref();
}

export function isCached(entry: Entry, Class: Callable = threadClass): boolean {
  return isOf(cached(entry), Class);
}

/**
 * The object of a thread; created, of class `Class`, if there is none. Its constructor does not
 * run. The table does not store classes. If a thread is read from the table first, and arrives as
 * an argument later, it gets a better object.
 */
export function objectFor(view: View, Class: Callable = threadClass): ThreadObject {
  const entry = view[VIEW];
  const old = cached(entry);
  if (isOf(old, Class)) return old;
  const thread: ThreadObject = Reflect.construct(threadClass as never, [view], Class as never);
  cache(entry, thread);
  return thread;
}

/**
 * Returns the object of a thread, or a view from which to make the object. The view holds the state in
 * the table, read before the thread may end.
 */
export function readEntry(entry: Entry): ThreadObject | View {
  const old = cached(entry);
  if (old !== undefined) return old;
  markShared(entry);
  const daemon = (flagsOf(entry) & DAEMON) !== 0;
  return { [VIEW]: entry, name: nameOf(entry), daemon, nativeId: nativeIdOf(entry) };
}

export function toObject(thread: ThreadObject | View): ThreadObject {
  return VIEW in thread ? objectFor(thread) : thread;
}

function isOf(thread: ThreadObject | undefined, Class: Callable): thread is ThreadObject {
  return thread !== undefined && (Class === threadClass || thread instanceof Class);
}

// ---------------------------------------------------------------- names

/** The name of a thread without a given one. */
export function defaultName(target: unknown): string {
  const suffix = callableName(target);
  return `Thread-${nextNumber()}${suffix === "" ? "" : ` (${suffix})`}`;
}

// ---------------------------------------------------------------- the calling thread

/**
 * The object of the thread in this worker; undefined until `currentObject` is called, or a worker
 * of ours sets it.
 */
let current: ThreadObject | undefined;
/** The unlisted thread of `startNewThread` in this worker. */
let unlisted: Entry | undefined;
/**
 * The thread of a foreign worker. Another version of the library may run threads there, invisible to
 * this version. Then it is a new thread for each of them.
 */
let dummy: ThreadObject | undefined;
let endDummy: (() => void) | undefined;

export function setCurrentObject(thread: ThreadObject): void {
  current = thread;
}

/** @param entry the thread of `startNewThread` in this worker; undefined if there is none */
export function setUnlisted(entry: Entry | undefined): void {
  unlisted = entry;
}

/** The object of the calling thread. Lists the thread. */
export function currentObject(): ThreadObject {
  if (unlisted !== undefined) {
    markListed(unlisted, `Dummy-${nextNumber()}`);
    unlisted = undefined;
  }
  return current ?? findCurrent();
}

export function mainObject(): ThreadObject {
  return toObject(readEntry(mainEntry()));
}

function findCurrent(): ThreadObject {
  const ident = getIdent();
  if (mainEntry().ident === ident) return (current = mainObject());
  if (dummy?.ident === ident) return dummy;
  const known = entryOf(ident); // not cached: another version may run the next thread here later
  return known === undefined ? (dummy = enterDummy()) : toObject(readEntry(known));
}

function enterDummy(): ThreadObject {
  if (endDummy === undefined) {
    host().onProcessEnd(
      () => undefined,
      () => endDummy?.(),
    );
  }
  endDummy?.();
  const name = `Dummy-${nextNumber()}`;
  const entry = register(getIdent(), name, FOREIGN | DAEMON, platform.nativeId());
  endDummy = () => {
    if (end(entry)) freeSlot(entry);
  };
  return objectFor({ [VIEW]: entry, name, daemon: true });
}
