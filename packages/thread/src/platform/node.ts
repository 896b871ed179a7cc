/// <reference types="node" />
/** The platform row of Node; the rows of Deno and Bun extend it. */
import type * as NodeAsyncHooks from "node:async_hooks";
import type * as NodeFS from "node:fs";
import type * as NodeInspector from "node:inspector";
import type * as NodeModule from "node:module";
import type * as NodeOS from "node:os";
import type * as NodeUtil from "node:util";
import type * as NodeWorkers from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { describe, pause, ThreadError } from "@x/core";
import { evaluationBy } from "./evaluation.js";
import { importModule } from "./modules.js";
import { directStdio } from "./stdio.js";
import type { Port, ThreadPlatform, WorkerHandle, WorkerOptions } from "./thread-platform.js";

export const workers = () => builtin<typeof NodeWorkers>("node:worker_threads");
const fs = () => builtin<typeof NodeFS>("node:fs");

/** Cached, because the look-up in Node takes longer than most calls that follow. */
const builtins = new Map<string, unknown>();

function builtin<M>(name: string): M {
  if (!builtins.has(name)) builtins.set(name, process.getBuiltinModule(name));
  return builtins.get(name) as M;
}

/** The modules of Node that this thread has loaded; empty on other runtimes. */
function moduleList(): readonly string[] {
  return (process as { readonly moduleLoadList?: readonly string[] }).moduleLoadList ?? [];
}

/** 1 s: far longer than Node takes to end a waiting worker. */
const TERMINATING_MS = 1000;

const MIB = 2 ** 20;

/** Node's own part of a thread's stack. */
const NODE_STACK_BYTES = 192 * 1024;

/**
 * Measured: each worker's part of the process's limits. One of the files is open only during an
 * import.
 */
const PER_WORKER = { files: 6, maps: 60, memory: 12 * MIB };

export const node: ThreadPlatform = {
  startWorker,
  makesFirstWorker: () => isNode() && hasRoomForTwo(),
  workersEndTogether: true,
  taskId,
  execArgv: () => process.execArgv,
  supervisorArgv: () => INTERNALS,
  onRole: (callback) => callback(workers().workerData),
  newNativeId,
  exitWorker: () => process.exit(),
  openChannel() {
    const { port1, port2 } = new (workers().MessageChannel)();
    return [port1 as unknown as Port, port2 as unknown as Port];
  },
  post(port, message, transfer = [], moved = []) {
    native(port).postMessage(
      message,
      (moved.length > 0 ? [...transfer, ...moved] : transfer) as unknown as MessagePort[],
    );
  },
  close: (port) => native(port).close(),
  whenClosed: (port, callback) => void native(port).once("close", callback),
  take(port) {
    const item = workers().receiveMessageOnPort(native(port)) as { readonly message: unknown } | undefined;
    if (item === undefined || item.message !== undefined) return item;
    // During a termination the worker gets no message, and its code goes on for a moment. An error by the lack of
    // the message would count as the cause of its death. So: wait for the end.
    pause(TERMINATING_MS);
    return undefined;
  },
  listen(port, keepsAlive, onMessage, onClose) {
    native(port).on("message", onMessage);
    if (onClose !== undefined) native(port).on("close", onClose);
    if (!keepsAlive) native(port).unref();
  },
  holdOpen: (port) => native(port).ref(),

  evaluation: evaluationBy(builtin, () => !isNode() || Number.parseInt(process.versions.node, 10) >= 24),
  isOwnWorker() {
    const data = workers().workerData as Partial<Record<string, unknown>> | null | undefined;
    return data?.["role"] === "threads" && "exitWaiter" in data;
  },
  hasTests: () =>
    process
      .listeners("beforeExit")
      .some((listener) => listener.name === "exitHandler" && String(listener).includes("root.subtests")),
  leftovers: () => process.getActiveResourcesInfo(), // after a turn, the immediate of `turns` is gone from the list
  hasOwnPriority() {
    // On Linux os.setPriority() is about the calling thread. If no code has loaded the module, it was not called.
    if (process.platform !== "linux" || !moduleList().includes("NativeModule os")) return false;
    const { getPriority } = builtin<typeof NodeOS>("node:os");
    return getPriority() !== getPriority(process.pid);
  },
  loadsGlobal: (name) => isNode() && LOADED_LATER.test(name),
  turns() {
    const context = new (builtin<typeof NodeAsyncHooks>("node:async_hooks").AsyncResource)("@x/thread turn");
    return (callback) => void context.runInAsyncScope(setImmediate, undefined, callback);
  },
  asyncContext: () => new (builtin<typeof NodeAsyncHooks>("node:async_hooks").AsyncLocalStorage)(),
  onUncaught(callback) {
    process.on("uncaughtExceptionMonitor", (error: unknown) => {
      if (process.listenerCount("uncaughtException") === 0) callback(error); // else the user's own listener handles it
    });
  },
  onProcessEnd(onIdle, onExit) {
    process.on("beforeExit", onIdle);
    process.on("exit", onExit);
  },
  onSignal,
  unlistenSignals: () => ["SIGINT", "SIGTERM", "SIGHUP"].forEach((name) => process.removeAllListeners(name)),
  directStdio: () => directStdio(builtin),
  writeError(text) {
    try {
      put(2, new TextEncoder().encode(text));
    } catch {
      // The disk is full, the terminal gone, …
    }
  },
  writeErrorNow(bytes) {
    try {
      return fs().writeSync(2, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : undefined;
    }
  },
  warn: (text, code) => process.emitWarning(text, { code }),
  startProfile,
  inspectError(error) {
    try {
      return builtin<typeof NodeUtil>("node:util").inspect(error);
    } catch {
      return describe(error); // inspecting it throws, and it must be reported all the same
    }
  },

  importModule: (url) => importModule(url, builtin),

  threadLimit: () => threadLimit(PER_WORKER),
  minStackSize: () => 256 * 1024,
};

export function native(port: Port): MessagePort {
  return port as unknown as MessagePort;
}

// ---------------------------------------------------------------- signals

interface SignalWatcher {
  start(signal: number): number;
  unref(): void;
  onsignal: () => void;
}

/**
 * Listens for a signal in a worker. Node allows `process.on(signal)` in its main thread only, and
 * calls back only while main is not blocked. Node's internal class works in workers, too. If it is
 * out of reach, this does nothing: a report is not worth an error.
 */
function onSignal(name: string, callback: () => void): void {
  try {
    const signal = (builtin<typeof NodeOS>("node:os").constants.signals as Readonly<Record<string, number>>)[name];
    if (signal === undefined) return;
    const watcher = new (signalWatcher())();
    watcher.unref();
    watcher.onsignal = callback;
    watcher.start(signal);
  } catch {
    // The signal keeps its usual effect.
  }
}

/**
 * Node's internal class, reached by {@link INTERNALS}. The older way, `process.binding`, ended with
 * Node 23.
 */
function signalWatcher(): new () => SignalWatcher {
  const require = builtin<typeof NodeModule>("node:module").createRequire("file:///");
  const { internalBinding } = require("internal/test/binding") as {
    internalBinding: (name: string) => { Signal: new () => SignalWatcher };
  };
  return internalBinding("signal_wrap").Signal;
}

/**
 * Options that {@link onSignal} needs in a worker. The second hides the warning of the first,
 * because it would alarm users.
 */
const INTERNALS = ["--expose-internals", "--no-warnings"];

// ---------------------------------------------------------------- workers

function startWorker(options: WorkerOptions): WorkerHandle {
  const { program, data, transfer, execArgv, stackSize, keepsAlive, isSupervisor, onError, onExit } = options;
  // A missing file is reported to the event loop only, and a blocked starter never sees it.
  const { url, text } = program;
  if (url.startsWith("file:") && !fs().existsSync(new URL(url))) {
    throw new ThreadError(`thread: can't start new thread: ${url}, which holds this library, is missing; put it back`);
  }
  if (isSupervisor) checkRoomForWorker();
  const code = (isSupervisor && supervisorText(url)) || text;
  // Node runs the modules of the user's `--import` before a module, but not before a plain text.
  const isModule = isNode() && !isSupervisor;
  const others = keepsAlive ? undefined : tasks(); // only main asks whether its workers are gone
  const create = (accepted: string[]): NodeWorkers.Worker =>
    new (workers().Worker)(isModule ? asModule(code) : code, {
      eval: !isModule,
      workerData: data,
      transferList: transfer as unknown as MessagePort[],
      argv: [...(isModule ? ["[worker]"] : []), ...process.argv.slice(2)], // Node gives such a module no name
      env: workers().SHARE_ENV, // threads of Python share os.environ, too
      execArgv: accepted,
      ...(stackSize > 0 && { resourceLimits: { stackSizeMb: (stackSize + NODE_STACK_BYTES) / MIB } }),
    });
  const worker = acceptingFlags(
    execArgv,
    isSupervisor ? (accepted) => withoutPreloads(() => create(accepted)) : create,
  );
  const started = others && tasks()?.filter((task) => !others.includes(task));
  worker.on("error", onError);
  worker.on("exit", onExit);
  if (!keepsAlive) worker.unref();
  return {
    terminate: () => void worker.terminate(),
    isGone: (task) => (task === 0 ? started?.every(isTaskGone) : started && isTaskGone(task)),
  };
}

/**
 * The text of the supervisor's own file; undefined if the library stands in a bundle: a bundle has none.
 *
 * @param url the file in which the library stands
 */
function supervisorText(url: string): string | undefined {
  if (!isNode() || !/\/first\.c?js$/.test(url)) return undefined;
  const file = new URL("supervise.cjs", url);
  try {
    return `${fs().readFileSync(file, "utf8")}\n//# sourceURL=${file.href}`;
  } catch {
    return undefined; // a tool for tracing imports has left it out
  }
}

/** The URL of a module with this text. */
function asModule(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function isNode(): boolean {
  return process.versions["bun"] === undefined && process.versions["deno"] === undefined;
}

/**
 * Hides NODE_OPTIONS while Node creates the worker, because Node reads it then. The worker shares
 * the environment afterwards.
 */
function withoutPreloads<W>(create: () => W): W {
  // By destructuring: Parcel refuses to build a page with `process.env` on the left of an assignment.
  const { env } = process;
  const { NODE_OPTIONS: options } = env;
  if (options === undefined) return create();
  delete env["NODE_OPTIONS"];
  try {
    return create();
  } finally {
    env["NODE_OPTIONS"] = options;
  }
}

/**
 * Throws now if the system refuses the worker. Without this call it would report the refusal later, by
 * an event after the creation.
 */
function checkRoomForWorker(workers = 1): void {
  const opened: number[] = [];
  try {
    if (isNode()) fs().realpathSync.native("."); // no worker can boot if the working directory is gone
    while (opened.length <= workers * PER_WORKER.files)
      opened.push(fs().openSync(builtin<typeof NodeOS>("node:os").devNull, "r"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EMFILE" || code === "ENFILE") throw error; // other errors: the check itself may be forbidden
  } finally {
    for (const fd of opened) fs().closeSync(fd);
  }
}

/** True if the supervisor and another worker can boot at the same time. */
function hasRoomForTwo(): boolean {
  try {
    checkRoomForWorker(2);
    return true;
  } catch {
    return false;
  }
}

// Linux lists the tasks of the process. Each worker is a task.
const TASKS = "/proc/self/task";

/** The running tasks; undefined if the system does not list them. */
function tasks(): readonly string[] | undefined {
  try {
    return fs().readdirSync(TASKS);
  } catch {
    return undefined;
  }
}

function isTaskGone(task: number | string): boolean {
  return !fs().existsSync(`${TASKS}/${task}`);
}

function taskId(): number {
  try {
    return Number(fs().readlinkSync("/proc/thread-self").split("/").pop());
  } catch {
    return 0;
  }
}

/** Starts a worker only for its number. */
function newNativeId(): number {
  const worker = new (workers().Worker)("", { eval: true, env: {}, execArgv: [], stdout: true, stderr: true });
  const { threadId } = worker;
  worker.on("error", () => undefined); // its failed boot concerns no user
  worker.unref();
  void worker.terminate();
  return threadId;
}

/** Flags for the process (V8's) or for a main script (--input-type); a worker rejects them. */
const refused = new Set<string>();

/**
 * Calls `create` without the flags that Node rejects for a worker. Node names them only when it
 * rejects them.
 */
function acceptingFlags<W>(execArgv: readonly string[], create: (accepted: string[]) => W): W {
  for (;;) {
    const accepted = execArgv.filter((arg) => !refused.has(arg) && !arg.startsWith("--input-type"));
    try {
      return create(accepted);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const known = refused.size;
      if (code === "ERR_WORKER_INVALID_EXEC_ARGV") {
        for (const flag of accepted) if (message.includes(flag)) refused.add(flag);
      }
      if (refused.size === known) throw error;
    }
  }
}

/**
 * The classes of the web loaded at their first use by Node. Since Node 22 nothing but a read tells
 * them from other variables.
 */
const LOADED_LATER =
  /^(?:Byte|Close|Compress|Count|Crypto|Decompress|ErrorEvent|EventSource|File|Form|Headers|MessageEvent|Navigator|Performance|Quota|Readable|Request|Response|Storage|Subtle|Text(?:De|En)coderStream|Transform|WebSocket|Writable)/;

// ---------------------------------------------------------------- output

/**
 * Writes all bytes to a pipe, whatever its state: a worker's write may be cut short, or fail with
 * EAGAIN while the pipe is full.
 */
function put(fd: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) {
    const written = writeNow(fd, rest);
    if (written === 0) pause(1);
    rest = rest.subarray(written);
  }
}

/** Writes without waiting; returns the number of bytes written. */
function writeNow(fd: number, bytes: Uint8Array): number {
  try {
    return fs().writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") return bytes.length; // the reader is gone
    if (code !== "EAGAIN") throw error;
    return 0;
  }
}

// ---------------------------------------------------------------- profiles

type Stop = () => object | Promise<object>;

/**
 * Starts a profile. Node's inspector replies at once; the inspectors of Deno and Bun reply in a later
 * turn of the event loop.
 */
function startProfile(): Stop | Promise<Stop> {
  const session = new (builtin<typeof NodeInspector>("node:inspector").Session)();
  session.connect(); // to this worker
  const order = <T>(method: string, then: (answer: { profile: object }) => T): T | Promise<T> => {
    let answered: T | undefined;
    let resolve = (answer: T): void => void (answered = answer);
    session.post(method, (_error: Error | null, answer: object) => resolve(then(answer as { profile: object })));
    return answered ?? new Promise<T>((resolveLater) => (resolve = resolveLater));
  };
  session.post("Profiler.enable");
  const stop: Stop = () =>
    order("Profiler.stop", ({ profile }) => {
      session.disconnect();
      return profile;
    });
  return order("Profiler.start", () => stop);
}

// ---------------------------------------------------------------- limits

/** The number of workers within the limit. `each` is the need of a single worker. */
export function threadLimit(each: typeof PER_WORKER, memory: number = memoryOfMachine()): number {
  const limits = [Math.floor((memory * 0.8) / each.memory)];
  const files = /^Max open files\s+(\d+)/m.exec(readIfThere("/proc/self/limits"))?.[1];
  if (files !== undefined)
    limits.push(Math.floor((Number(files) - fs().readdirSync("/proc/self/fd").length) / each.files));
  const maps = Number(readIfThere("/proc/sys/vm/max_map_count"));
  if (maps > 0) limits.push(Math.floor((maps - readIfThere("/proc/self/maps").split("\n").length) / each.maps));
  return Math.max(1, Math.min(...limits));
}

function memoryOfMachine(): number {
  return Math.min(process.constrainedMemory() || Infinity, builtin<typeof NodeOS>("node:os").totalmem());
}

/** The text of a file of Linux; empty on other systems. */
function readIfThere(path: string): string {
  try {
    return fs().readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
