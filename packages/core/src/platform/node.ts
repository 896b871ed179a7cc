/// <reference types="node" />
/**
 * The row of Node, and the base of the rows of Deno and Bun. All three offer Node's modules by
 * `process.getBuiltinModule`, which bundlers do not take for an import.
 */
import type * as NodeAssert from "node:assert";
import type * as NodeOS from "node:os";
import type * as NodeURL from "node:url";
import type * as NodeUtil from "node:util";
import type * as NodeWorkers from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { timersOfNow } from "./clock.js";
import type { Platform } from "./platform.js";

const workers = () => builtin<typeof NodeWorkers>("node:worker_threads");

/** A cache, because a call of `getBuiltinModule` takes longer than most uses of the module. */
const builtins = new Map<string, unknown>();

function builtin<M>(name: string): M {
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

  isProxy: (value) => isProxy(value),
  clone,
  hasOnlyItems: (list) => {
    // Only `inspect` lists the fields without the items: as fast for a million items as for one.
    const text = builtin<typeof NodeUtil>("node:util").inspect(list, ITEMS_ASIDE);
    return text === `[ ... ${list.length} more items ]`;
  },
  hasClass: (Class) => {
    const { prototype } = Class as { prototype?: object };
    // Compare the prototypes, too: Node exports a wrapper for a deprecated class (Hmac, from Node
    // 22 on).
    const isIt = (known: unknown): boolean =>
      known === Class || (typeof known === "function" && prototype !== undefined && known.prototype === prototype);
    return MODULES.some((name) => Object.values(builtin<object>(name)).some(isIt));
  },
  errorClass,

  moduleURL: (urlOrPath) =>
    /^[a-z][a-z0-9+.-]+:/i.test(urlOrPath)
      ? urlOrPath
      : builtin<typeof NodeURL>("node:url").pathToFileURL(urlOrPath).href,
};

// ---------------------------------------------------------------- values

const { isProxy } =
  typeof globalThis.process?.getBuiltinModule === "function"
    ? builtin<typeof NodeUtil>("node:util").types
    : { isProxy: () => false };

const ITEMS_ASIDE = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Infinity, colors: false };

/**
 * The modules with classes in common use. Few, because reading the exports of a module loads it.
 */
const MODULES = ["events", "stream", "net", "http", "fs", "crypto", "child_process", "worker_threads", "util"].map(
  (name) => `node:${name}`,
);

function clone(value: unknown): unknown {
  if (typeof structuredClone === "function") return structuredClone(value);
  const { port1, port2 } = new (workers().MessageChannel)(); // jsdom has no structuredClone
  try {
    port1.postMessage(value);
    return (workers().receiveMessageOnPort(port2) as { message: unknown }).message;
  } finally {
    port1.close();
  }
}

function errorClass(name: string): unknown {
  if (name === "AssertionError") return builtin<typeof NodeAssert>("node:assert").AssertionError;
  const { WebAssembly: wasm, Deno: deno } = globalThis as {
    WebAssembly?: object;
    Deno?: { errors: object };
  };
  for (const scope of [globalThis, wasm, deno?.errors]) {
    if (scope !== undefined && Object.hasOwn(scope, name)) return (scope as Readonly<Record<string, unknown>>)[name];
  }
  return undefined;
}

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
