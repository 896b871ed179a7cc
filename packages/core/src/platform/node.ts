/// <reference types="node" />
/**
 * The row of Node, and the base of the rows of Deno and Bun. All three offer Node's modules by
 * `process.getBuiltinModule`, which bundlers do not take for an import.
 */
import type * as NodeOS from "node:os";
import type * as NodeUtil from "node:util";
import type * as NodeWorkers from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { timersOfNow } from "./clock.js";
import type { Platform } from "./platform.js";

export const workers = () => builtin<typeof NodeWorkers>("node:worker_threads");

/** A cache, because a call of `getBuiltinModule` takes longer than most uses of the module. */
const builtins = new Map<string, unknown>();

export function builtin<M>(name: string): M {
  if (!builtins.has(name)) builtins.set(name, process.getBuiltinModule(name));
  return builtins.get(name) as M;
}

let cores = 0;

export const node: Platform = {
  isHere: () => typeof globalThis.process?.getBuiltinModule === "function",
  name: "node",

  nativeId: () => workers().threadId,
  foreignIdent: () => 2 * (workers().threadId || numberOfWebWorker()) + 1,
  keepAlive,
  timers: timersOfNow,
  setTimer: (callback, ms) => timersOfNow().setTimer(callback, ms),
  textCoders() {
    // A simulated page (jsdom in Jest) hides the global classes.
    const { TextEncoder, TextDecoder } = builtin<typeof NodeUtil>("node:util");
    return [new TextEncoder(), new TextDecoder()];
  },
  cores: () => (cores ||= builtin<typeof NodeOS>("node:os").availableParallelism()),

  workersGetEnvironmentData: true,
  getEnvironmentData: (key) => workers().getEnvironmentData(key),
  setEnvironmentData: (key, value) => workers().setEnvironmentData(key, value as NodeWorkers.Serializable),
  env: (name) => process.env[name],
  hasFastWasm: () => true,
};

// ---------------------------------------------------------------- keeping the process alive

let awaiting = 0;
let anchor: MessagePort | undefined;

/**
 * A pending `waitAsync` does not keep the process alive. A listening port does, and is cheap to
 * switch.
 */
function keepAlive(by: number): void {
  awaiting += by;
  if (anchor === undefined) {
    anchor = new (workers().MessageChannel)().port1;
    anchor.on("message", () => undefined);
  }
  if (awaiting > 0) anchor.ref();
  else anchor.unref();
}

// ---------------------------------------------------------------- idents of foreign workers

let drawn = 0;

/**
 * 0 outside of web workers. Deno gives the web's `Worker`s no number, and calls each of them its
 * main thread. So such a worker draws a random number, above all numbers that a process reaches by
 * counting.
 */
function numberOfWebWorker(): number {
  if (!("WorkerGlobalScope" in globalThis)) return 0;
  return (drawn ||= 2 ** 27 + (crypto.getRandomValues(new Uint32Array(1))[0]! >>> 5));
}
