/** The targets of idle.test.ts. */
import { AsyncLocalStorage } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { currentThread, expose, setTraceAllThreads, sharedGlobals, sleep, Thread } from "@x/thread";
import { await_, nothing, signal, stand } from "./thread.workers.mjs";

const LONG = 10_000;

const context = new AsyncLocalStorage();

/** Returns the async context it runs in, and enters another. */
export function enter(name) {
  const was = context.getStore();
  context.enterWith(name);
  return was;
}
export async function enterLater(name) {
  await Promise.resolve();
  return enter(name);
}

/** Counts the ends of workers at word 2; waits at the gate. */
export function watched(flags) {
  process.once("exit", () => signal(flags, 2));
  stand(flags);
}

/** Leaves an idle worker for this thread alone. Then ends together with its own worker, or waits for terminate. */
export function leavesOneIdle(flags, how) {
  const thread = new Thread({ target: watched, args: [flags] }).start();
  signal(flags);
  thread.join();
  if (how === "is terminated") for (;;) sleep(LONG);
  setInterval(nothing, LONG);
}

/** Starts a thread after `ms`. Returns true if it runs in an older worker. */
export async function findsOneReady(ms) {
  sleep(ms);
  const latest = new Worker("", { eval: true });
  const thread = new Thread({ target: nothing }).start();
  const found = thread.nativeId < latest.threadId;
  thread.join();
  await latest.terminate();
  setInterval(nothing, LONG); // then the next attempt runs in another worker, without an idle worker
  return found;
}

/** Starts five threads. Returns true if the last three run in workers that are older than their start. */
export async function findsBooting() {
  const gate = new Int32Array(new SharedArrayBuffer(12));
  const isOlder = [];
  const threads = [];
  for (let i = 0; i < 5; i++) {
    const latest = new Worker("", { eval: true });
    threads.push(new Thread({ target: stand, args: [gate] }).start());
    isOlder.push(threads[i].nativeId < latest.threadId);
    void latest.terminate();
  }
  signal(gate);
  for (const thread of threads) thread.join();
  setInterval(nothing, LONG); // then the next attempt runs in another worker, without idle workers
  return isOlder.slice(2).every(Boolean);
}

export const { tally } = sharedGlobals({ tally: () => new Int32Array(new SharedArrayBuffer(4)) });

let kept;
let work;

/** Keeps the thread object, which is among its arguments, and a WeakRef of its argument. */
export function keepThread(list) {
  kept = currentThread();
  work = new WeakRef(list);
}
/** Returns whether this worker keeps the thread object, and whether the argument is gone. */
export async function isWorkGone() {
  await new Promise(setImmediate); // before that, a read WeakRef keeps its target alive
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return [kept !== undefined, work.deref() === undefined];
}

export function count() {
  Atomics.add(tally, 0, 1);
}
export function traceAll(flags) {
  setTraceAllThreads(count);
  signal(flags, 1);
  await_(flags, 0);
}
export function nap(ms) {
  sleep(ms);
}

const unchanged = globalThis.structuredClone;

/** Returns whether the global object is unchanged; then changes it. */
export function changeGlobals(how) {
  const isUnchanged = !("left" in globalThis) && globalThis.structuredClone === unchanged && "escape" in globalThis;
  if (how === "adds") globalThis.left = 1;
  if (how === "replaces") globalThis.structuredClone = () => undefined;
  if (how === "deletes") delete globalThis.escape;
  return isUnchanged;
}

/** The parts of Node with the classes of `fetch` and of streams, if this worker has loaded them. */
export function loadedClasses() {
  return (process.moduleLoadList ?? []).filter((name) => /undici|webstreams\/transform/.test(name));
}

export async function useGlobals() {
  await crypto.subtle.digest("SHA-256", new TextEncoder().encode(atob("YQ==")));
  const { signal } = new AbortController();
  return [fetch, new URL("http://a/"), new Headers(), new Blob([]), performance.now(), structuredClone([]), signal]
    .length;
}

expose({
  changeGlobals,
  loadedClasses,
  useGlobals,
  enter,
  enterLater,
  watched,
  leavesOneIdle,
  findsOneReady,
  findsBooting,
  keepThread,
  isWorkGone,
  count,
  traceAll,
  nap,
});
