/** Traces of threads: when they start, wait and end. */
import { onWait, type WaitEvent } from "@x/core";
import { clock } from "@x/core/internal";
import { awaitIfPromise, type MaybeAsync } from "../runtime/maybe-async.js";
import { host } from "../platform/host.js";
import { setHook, hookFunction } from "../protocol/hooks.js";
import { broadcastHooks } from "../runtime/supervisor-client.js";
import type { Thread } from "./thread.js";
import { currentThread } from "./current-thread.js";

/** The argument of a trace function. */
export interface TraceEvent {
  /**
   * First `start`; last `return` or `exception`; `block` and `unblock` around each wait on a primitive, by
   * the thread or by its tasks.
   */
  readonly event: "start" | "return" | "exception" | "block" | "unblock";
  /** The thread of the event; the function runs there. */
  readonly thread: Thread;
  /** The time, in milliseconds since 1970; the same clock in all threads. */
  readonly time: number;
  /**
   * With `block` and `unblock`: the blocker, such as `lock`, `event`, `semaphore`, `thread`,
   * `sleep`.
   */
  readonly on?: string;
  /** With `block` and `unblock`: true if a task waits, while its thread runs. */
  readonly isTask?: boolean;
  /** With `unblock`: how many milliseconds the wait took. */
  readonly waited?: number;
  /** With `return` the result, with `exception` the thrown value. */
  readonly value?: unknown;
}

/** A function called when threads start, wait and end: see {@link setTrace}. */
export type TraceFunction = (event: TraceEvent) => void;

/** The argument of a profile function. */
export interface ThreadProfile {
  /** The ended thread; the function runs there. */
  readonly thread: Thread;
  /**
   * V8's sampling CPU profile of the whole run. Write it as JSON to a file named `….cpuprofile`: Chrome
   * DevTools loads such files.
   */
  readonly profile: object;
}

/** A function called with the profile of each run: see {@link setProfile}. */
export type ProfileFunction = (profile: ThreadProfile) => void;

/**
 * Sets a function for traces: each thread calls it at its start, at its end, and around each wait on
 * a primitive. It applies to the threads that this thread starts from now on, and to all their
 * descendants. The function travels like a target: expose it, unless it uses nothing from around it.
 * Undefined removes it.
 *
 *     export function log({ event, thread, on, waited }: TraceEvent) { … }
 *     expose({ log });
 *     setTrace(log);
 *
 * Its own waits are not traced. Its errors become errors of the thread.
 *
 * @throws TypeError if `func` is no function, or cannot travel
 * @see Python `threading.settrace`: it follows every line; JavaScript has no hook for lines
 */
export function setTrace(func: TraceFunction | undefined): void {
  setHook("trace", func);
}

/** The function set by {@link setTrace}. @see Python `threading.gettrace` */
export function getTrace(): TraceFunction | undefined {
  return hookFunction<TraceEvent>("trace");
}

/**
 * {@link setTrace}, also for running threads: for this thread at once, for others at their next
 * turn of the event loop. While a thread blocks or computes without a pause, it has no such turn.
 *
 * @see Python `threading.settrace_all_threads`
 */
export function setTraceAllThreads(func: TraceFunction | undefined): void {
  setTrace(func);
  traceHere();
  broadcastHooks();
}

/**
 * Runs threads under V8's sampling profiler, and sets a function for the profiles. At its end each
 * thread calls it with its own profile. It applies to the threads that this thread starts from now
 * on, and to all their descendants. The function travels like a target. Undefined turns it off.
 *
 *     export function save({ thread, profile }: ThreadProfile) {
 *       writeFileSync(`${thread.name}.cpuprofile`, JSON.stringify(profile));
 *     }
 *
 * @throws TypeError if `func` is no function, or cannot travel
 * @see Python `threading.setprofile`: its function is called for every call; sampling costs next to
 *   nothing
 */
export function setProfile(func: ProfileFunction | undefined): void {
  setHook("profile", func);
}

/** The function set by {@link setProfile}. @see Python `threading.getprofile` */
export function getProfile(): ProfileFunction | undefined {
  return hookFunction<ThreadProfile>("profile");
}

/**
 * {@link setProfile}, also for all running threads, from their next turn of the event loop on: the
 * threads they start then are profiled. A run already begun is not profiled.
 *
 * @see Python `threading.setprofile_all_threads`
 */
export function setProfileAllThreads(func: ProfileFunction | undefined): void {
  setProfile(func);
  broadcastHooks();
}

/** Reports the waits of this thread to its trace function, if it has one. */
export function traceHere(): void {
  const func = getTrace();
  onWait(func && ((event: WaitEvent) => func({ ...event, ...now() })));
}

/** Runs a thread's work under its trace and its profile. */
export function* traced(work: () => unknown): MaybeAsync<unknown> {
  const [trace, profile] = [getTrace(), getProfile()];
  const stop = (profile && (yield* awaitIfPromise(host().startProfile()))) as (() => unknown) | undefined;
  try {
    trace?.({ event: "start", ...now() });
    traceHere();
    const value = yield* awaitIfPromise(work());
    onWait(undefined);
    trace?.({ event: "return", value, ...now() });
    return value;
  } catch (error) {
    onWait(undefined);
    trace?.({ event: "exception", value: error, ...now() });
    throw error;
  } finally {
    if (stop !== undefined) profile?.({ thread: currentThread(), profile: (yield* awaitIfPromise(stop())) as object });
  }
}

function now(): { readonly thread: Thread; readonly time: number } {
  return { thread: currentThread(), time: clock.timeOrigin + clock.now() };
}
