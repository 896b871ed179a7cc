/**
 * The object of each thread, as this thread has it: one per thread, so that objects can be compared. It knows no class: the module of
 * `Thread` hands in its own.
 */
import { type Callable, getIdent } from "@x/core";
import { callableName, platform, type TransferableCallable } from "@x/core/internal";
import { host } from "../platform/host.js";
import { nextNumber } from "../table/counters.js";
import { end, register, flagsOf, markListed, mayBeKnown, nativeIdOf, freeSlot, markShared } from "../table/entries.js";
import { DAEMON, type Entry, FOREIGN, mainEntry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { entryOf } from "../table/searches.js";

/** The key by which the constructor is told to make a view of a thread that exists. */
export const VIEW: unique symbol = Symbol("view of a thread");

/** What a view knows from the start. */
export interface View {
  readonly [VIEW]: Entry;
  readonly name: string;
  readonly daemon: boolean;
  readonly nativeId?: number | undefined;
  readonly target?: TransferableCallable | undefined;
  readonly args?: readonly unknown[] | undefined;
  readonly hasKwargs?: boolean | undefined;
}

/** An object of class `Thread`, as far as the runtime reads it. */
interface ThreadObject {
  readonly ident: number | undefined;
  readonly name: string;
  readonly daemon: boolean;
}

let threadClass: Callable;

/** The class of threads, called once as its module is loaded. */
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
 * Threads that this thread started, until it knows how they ended. An engine keeps the target of a new or read WeakRef until the event loop
 * has a turn. A main thread that blocks has none for hours: it would keep all its threads, and their results.
 */
const unended = new Map<number, ThreadObject>();

export function keepUntilEnded({ ident }: Entry, thread: ThreadObject): void {
  unended.set(ident, thread);
}

/** The thread has ended. If other threads know it, it may come back from them, and has to be the same object. */
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
 * The object of this thread; made, of class `Class`, if there is none yet. Its constructor does not run. The table does not know classes:
 * a thread that was read from the table first, and arrives as an argument later, gets a better object.
 */
export function objectFor(view: View, Class: Callable = threadClass): ThreadObject {
  const entry = view[VIEW];
  const old = cached(entry);
  if (isOf(old, Class)) return old;
  const thread: ThreadObject = Reflect.construct(threadClass as never, [view], Class as never);
  cache(entry, thread);
  return thread;
}

/** The object, or what it takes to make one: all that is to be read from the table, before the thread may end. */
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

/** The name of a thread that was given none. */
export function defaultName(target: unknown): string {
  const suffix = callableName(target);
  return `Thread-${nextNumber()}${suffix === "" ? "" : ` (${suffix})`}`;
}

// ---------------------------------------------------------------- the calling thread

/** The object of the thread that runs here; undefined until `currentObject` is called, or a worker of ours sets it. */
let current: ThreadObject | undefined;
/** The entry of a thread of `startNewThread` that is not listed yet. */
let unlisted: Entry | undefined;
/**
 * The thread of a worker that this library did not start. If another version runs threads there, which this one cannot see, it is a new
 * one for each of them.
 */
let dummy: ThreadObject | undefined;
let endDummy: (() => void) | undefined;

export function setCurrentObject(thread: ThreadObject): void {
  current = thread;
}

/** @param entry the thread of `startNewThread` that runs here now; undefined if there is none */
export function setUnlisted(entry: Entry | undefined): void {
  unlisted = entry;
}

/** The object of the calling thread, which is listed from now on. */
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
  const known = entryOf(ident); // of a thread that another version runs here: later it runs another one
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
