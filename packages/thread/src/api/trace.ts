/** Following what threads do: when they start and end, and when they wait. */
import { onWait, type WaitEvent } from "@x/core";
import { clock } from "@x/core/internal";
import { awaitIfPromise, type MaybeAsync } from "../runtime/maybe-async.js";
import { host } from "../platform/host.js";
import { setHook, hookFunction } from "../protocol/hooks.js";
import { broadcastHooks } from "../runtime/supervisor-client.js";
import type { Thread } from "./thread.js";
import { currentThread } from "./current-thread.js";

/** What a trace function is told. */
export interface TraceEvent {
  /**
   * `start`, then `return` or `exception`, once each; `block` and `unblock` around each wait on a primitive, of the thread or of
   * one of its tasks.
   */
  readonly event: "start" | "return" | "exception" | "block" | "unblock";
  /** The thread in which it happens; the function runs there. */
  readonly thread: Thread;
  /** When, in milliseconds since 1970; the same clock in all threads. */
  readonly time: number;
  /** With `block` and `unblock`: what for, as `lock`, `event`, `semaphore`, `thread` or `sleep`. */
  readonly on?: string;
  /** With `block` and `unblock`: is it a task, while the thread goes on? */
  readonly isTask?: boolean;
  /** With `unblock`: for how many milliseconds. */
  readonly waited?: number;
  /** With `return` what was returned, with `exception` what was thrown. */
  readonly value?: unknown;
}

/** What is told when threads start, wait and end: see {@link setTrace}. */
export type TraceFunction = (event: TraceEvent) => void;

/** What a profile function is told. */
export interface ThreadProfile {
  /** The thread that has ended; the function runs there. */
  readonly thread: Thread;
  /** V8's sampling CPU profile of the whole run; as JSON in a file named `….cpuprofile` Chrome DevTools loads it. */
  readonly profile: object;
}

/** What is handed the profile of each run: see {@link setProfile}. */
export type ProfileFunction = (profile: ThreadProfile) => void;

/**
 * Has a function called in every thread that is started from now on, by this thread and by those, whenever it starts, ends, or
 * waits on a primitive. It reaches them as a target does: expose it, unless it uses nothing from around it. Undefined calls none.
 *
 *     export function log({ event, thread, on, waited }: TraceEvent) { … }
 *     expose(import.meta, { log });
 *     setTrace(log);
 *
 * While it runs, waits of its own are not told. An error that it throws is the thread's.
 *
 * @throws TypeError if it is no function, or cannot travel
 * @see Python `threading.settrace`, which follows every line; JavaScript can only be followed at the seams
 */
export function setTrace(func: TraceFunction | undefined): void {
  setHook("trace", func);
}

/** The function that {@link setTrace} has set. @see Python `threading.gettrace` */
export function getTrace(): TraceFunction | undefined {
  return hookFunction<TraceEvent>("trace");
}

/**
 * {@link setTrace}, and for threads that are running: for this one at once, for others as soon as their event loop has a turn (one
 * that blocks or computes without a pause does not see it).
 *
 * @see Python `threading.settrace_all_threads`
 */
export function setTraceAllThreads(func: TraceFunction | undefined): void {
  setTrace(func);
  traceHere();
  broadcastHooks();
}

/**
 * Has each thread that is started from now on, by this thread and by those, run under V8's sampling profiler, and a function
 * called in it at its end with the profile. It reaches them as a target does. Undefined profiles no more.
 *
 *     export function save({ thread, profile }: ThreadProfile) {
 *       writeFileSync(`${thread.name}.cpuprofile`, JSON.stringify(profile));
 *     }
 *
 * @throws TypeError if it is no function, or cannot travel
 * @see Python `threading.setprofile`, which is called for every call; sampling costs next to nothing
 */
export function setProfile(func: ProfileFunction | undefined): void {
  setHook("profile", func);
}

/** The function that {@link setProfile} has set. @see Python `threading.getprofile` */
export function getProfile(): ProfileFunction | undefined {
  return hookFunction<ThreadProfile>("profile");
}

/**
 * {@link setProfile}, also for what running threads start: as soon as their event loop has a turn. A run that has begun is not
 * profiled from its middle.
 *
 * @see Python `threading.setprofile_all_threads`
 */
export function setProfileAllThreads(func: ProfileFunction | undefined): void {
  setProfile(func);
  broadcastHooks();
}

/** @internal From now on waits in this thread are told to the trace function, if there is one. */
export function traceHere(): void {
  const func = getTrace();
  onWait(func && ((event: WaitEvent) => func({ ...event, ...now() })));
}

/** @internal Runs a thread's work under the trace and the profile that it was started with. */
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
