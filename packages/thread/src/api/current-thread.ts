/** Which object stands for which thread here: one per thread, so that they can be compared. */
import { type Callable, callableName, getIdent, platform } from "@x/core";
import { here } from "../table/this-worker.js";
import { host } from "../platform/host.js";
import { Thread, VIEW, type View } from "./thread.js";
import {
  DAEMON,
  end,
  enter,
  type Entry,
  entryOf,
  flagsOf,
  FOREIGN,
  list,
  mainEntry,
  mayBeKnown,
  nameOf,
  nativeIdOf,
  nextNumber,
  snapshot,
  vacate,
  want,
} from "../table/layout.js";

const known = new Map<number, WeakRef<Thread>>();
const forgotten = new FinalizationRegistry((ident: number) => {
  if (known.get(ident)?.deref() === undefined) known.delete(ident);
});

export function remember({ ident }: Entry, thread: Thread): void {
  known.set(ident, new WeakRef(thread));
  forgotten.register(thread, ident);
}

/**
 * Threads that were started here, until it is known how they have ended. What a WeakRef is made for, or gives, an engine keeps until the event
 * loop has a turn. A main that blocks has none for hours: it would keep all its threads, and their results.
 */
const unended = new Map<number, Thread>();

export function keepUntilEnded({ ident }: Entry, thread: Thread): void {
  unended.set(ident, thread);
}

/** It has ended. If others know it, it may come back from them, and has to be the same object. */
export function letGo(entry: Entry, thread: Thread): void {
  if (unended.delete(entry.ident) && mayBeKnown(entry)) remember(entry, thread);
}

function objectOf({ ident }: Entry): Thread | undefined {
  return unended.get(ident) ?? known.get(ident)?.deref();
}

export function isKnown(entry: Entry, Class: Callable = Thread): boolean {
  return isOf(objectOf(entry), Class);
}

/**
 * The object that stands for this thread here; made, of class `Class`, if there is none yet. Its constructor does not run.
 * The table does not know classes: who was seen there first, and arrives as an argument later, is given a better object.
 */
export function viewOf(view: View, Class: Callable = Thread): Thread {
  const entry = view[VIEW];
  const old = objectOf(entry);
  if (isOf(old, Class)) return old;
  const thread = Reflect.construct(Thread, [view], Class as never) as Thread;
  remember(entry, thread);
  return thread;
}

/** The object, or what it takes to make one: all that is to be read from the table, before the thread may end. */
function look(entry: Entry): Thread | View {
  const old = objectOf(entry);
  if (old !== undefined) return old;
  want(entry);
  const daemon = (flagsOf(entry) & DAEMON) !== 0;
  return { [VIEW]: entry, name: nameOf(entry), daemon, nativeId: nativeIdOf(entry) };
}

function isOf(thread: Thread | undefined, Class: Callable): thread is Thread {
  return thread !== undefined && (Class === Thread || thread instanceof Class);
}

function seen(thread: Thread | View): Thread {
  return VIEW in thread ? viewOf(thread) : thread;
}

/** The name of a thread that was given none. */
export function defaultName(target: unknown): string {
  const suffix = callableName(target);
  return `Thread-${nextNumber()}${suffix === "" ? "" : ` (${suffix})`}`;
}

/**
 * The object of the calling thread.
 *
 *     console.log(currentThread().name, "starts");
 *
 * A worker that this library did not start, and a thread of `startNewThread`, is listed from its first call on, as a daemon
 * by the name of `Dummy-1`, 2, …
 *
 * @see Python `threading.current_thread`
 */
export function currentThread(): Thread {
  if (here.raw !== undefined) {
    list(here.raw, `Dummy-${nextNumber()}`);
    here.raw = undefined;
  }
  return here.current ?? whoAmI();
}

function whoAmI(): Thread {
  if (mainEntry().ident === getIdent()) return (here.current = mainThread());
  if (dummy?.ident === getIdent()) return dummy;
  const known = entryOf(getIdent()); // of a thread that another version runs here: later it runs another one
  return known === undefined ? (dummy = enterDummy()) : seen(look(known));
}

/**
 * The thread of a worker that this library did not start. If another version runs threads there, which this one cannot see, it is a new
 * one for each of them.
 */
let dummy: Thread | undefined;
let endDummy: (() => void) | undefined;

function enterDummy(): Thread {
  if (endDummy === undefined) {
    host().onProcessEnd(
      () => undefined,
      () => endDummy?.(),
    );
  }
  endDummy?.();
  const name = `Dummy-${nextNumber()}`;
  const entry = enter(getIdent(), name, FOREIGN | DAEMON, platform.nativeId());
  endDummy = () => {
    if (end(entry)) vacate(entry);
  };
  return viewOf({ [VIEW]: entry, name, daemon: true });
}

/**
 * The object of the main thread: the one in which the library was loaded first.
 *
 * @see Python `threading.main_thread`
 */
export function mainThread(): Thread {
  return seen(look(mainEntry()));
}

/**
 * All threads that have been started and have not ended, as they stood at one moment; the main thread is always among them.
 *
 *     for (const thread of enumerate()) console.log(thread.name);
 *
 * @see Python `threading.enumerate`
 */
export function enumerate(): Thread[] {
  return snapshot(look).map(seen);
}

/**
 * How many threads `enumerate` lists.
 *
 * @see Python `threading.active_count`
 */
export function activeCount(): number {
  return snapshot(() => undefined).length;
}
