/** Whole programs; a test runs each in a process of its own: `node thread.programs.mjs NAME`. */
import { createInterface } from "node:readline/promises";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import {
  activeCount,
  currentThread,
  enumerate,
  exceptHook,
  exitThread,
  expose,
  getIdent,
  isMainThread,
  mainThread,
  setExceptHook,
  sleep,
  startNewThread,
  Thread,
} from "@x/thread";

const LONG = 10_000;
const say = (...words) => console.log(...words);

function raise(flags, word = 0) {
  Atomics.store(flags, word, 1);
  Atomics.notify(flags, word);
}
const wait = (flags, word = 0) => Atomics.wait(flags, word, 0, LONG);
const newFlags = () => new Int32Array(new SharedArrayBuffer(64));
const start = (target, ...args) => new Thread({ target, args }).start();
const daemon = (target, ...args) => new Thread({ target, args, daemon: true }).start();

// ---------------------------------------------------------------- targets

function sayLater(ms, text) {
  sleep(ms);
  say(text);
}
function endless(flags) {
  raise(flags);
  for (;;);
}
function endlessOutput(flags, n) {
  for (;;) {
    process.stdout.write(".");
    raise(flags, n);
  }
}
function sleeper(flags) {
  raise(flags);
  try {
    sleep(LONG);
  } finally {
    say("the daemon's finally ran");
  }
}
function startsAnother() {
  start(sayLater, 20, "OK");
}
function joinsMain() {
  mainThread().join();
  say("end of thread", mainThread().isAlive(), enumerate().length, activeCount());
}
function grandparent(depth) {
  sleep(10);
  if (depth > 0) start(grandparent, depth - 1);
  say("depth", depth);
}
function fails() {
  throw new RangeError("run failed");
}
function printLines(count, prefix) {
  for (let i = 0; i < count; i++) console.log(`${prefix}${i}`);
}
function printBoth() {
  process.stdout.write("out 1\n");
  console.error("err 1");
  process.stdout.write(Buffer.from("out 2\n"), () => undefined);
  process.stdout.write("b3V0IDMK", "base64");
}
function leavesByExit(code) {
  process.exit(code);
}
function leavesByCall(where) {
  if (where !== "late") return exitThread();
  setImmediate(exitThread);
}
function hog() {
  const all = [];
  for (;;) all.push(new Array(10_000).fill(all.length));
}
function stand(flags) {
  Atomics.add(flags, 1, 1);
  Atomics.notify(flags, 1);
  wait(flags);
  return getIdent();
}
function rawFails() {
  currentThread();
  throw new RangeError("raw");
}
function brokenHook() {
  throw new Error("the hook is broken");
}
function argv() {
  return [process.argv.slice(2), process.env["OF_MAIN"], globalThis.preloaded];
}
function standsForEver(flags) {
  raise(flags, 1);
  Atomics.wait(flags, 0, 0);
}
function entersAfterMain(lock, flags, ms) {
  raise(flags);
  try {
    lock.acquire(ms);
    say("the lock was free");
  } catch (error) {
    say(`${error.name}: ${error.message}; cause: ${error.cause?.message}; held: ${lock.locked()}`);
  }
}
const codeOf = (body) => {
  try {
    body();
    return "none";
  } catch (error) {
    return error.code;
  }
};
function usesStreams() {
  const { stdout } = process;
  const codes = [() => stdout.write(42), () => stdout.write(null), () => stdout.write("x", "none")].map(codeOf);
  return new Promise((resolve) => {
    stdout.cork();
    stdout.write("1 ");
    stdout.write("2 ");
    stdout.uncork();
    Readable.from(["3 ", "4 "])
      .on("end", () => stdout.write("5 ", () => stdout.end("6\n", () => resolve(codes.join(" ")))))
      .pipe(stdout);
  });
}
async function asks() {
  const lines = [];
  for await (const line of createInterface({ input: process.stdin })) lines.push(line);
  return lines.join();
}
function writesToNobody(how) {
  if (how === "log") for (let i = 0; i < 3; i++) console.log("lost");
  else process.stdout.write("lost");
  return new Promise((resolve) => setTimeout(resolve, 20, "went on"));
}
function terminal() {
  const { isTTY, columns, rows } = process.stdout;
  const colours = [process.stdout.getColorDepth?.(), process.stdout.hasColors?.(256)];
  return [isTTY, columns, rows, process.stdout.getWindowSize?.(), ...colours].join(" ");
}
function listens(closes) {
  const server = createServer().listen(0);
  if (closes) server.close();
}
function forExit(flags) {
  wait(flags);
  say("thread ended");
}

expose({
  ...{ listens },
  ...{ usesStreams, asks, writesToNobody, terminal },
  ...{
    standsForEver,
    entersAfterMain,
    sayLater,
    endless,
    endlessOutput,
    sleeper,
    startsAnother,
    joinsMain,
    grandparent,
    fails,
    printLines,
    printBoth,
  },
  ...{ leavesByExit, leavesByCall, hog, stand, rawFails, brokenHook, argv, forExit },
});

// ---------------------------------------------------------------- the programs

const programs = {
  /** B125: main returns, the thread ends normally. */
  nonDaemonIsAwaited() {
    start(sayLater, 50, "thread ended");
    process.exit(0);
  },
  exitCodeIsKept() {
    start(sayLater, 20, "thread ended");
    process.exit(7);
  },
  exitCodePropertyIsKept() {
    start(sayLater, 20, "thread ended");
    process.exitCode = 5;
  },
  mainThrows() {
    start(sayLater, 50, "thread ended");
    throw new TypeError("main failed");
  },
  async mainRejects() {
    start(sayLater, 50, "thread ended");
    await Promise.reject(new TypeError("main failed"));
  },
  /** The threads wait for main, which has failed: its error must be visible before they end. */
  mainThrowsWhileThreadsWait() {
    const flags = newFlags();
    start(forExit, flags);
    new Worker(
      `const { workerData } = require("node:worker_threads");
      Atomics.wait(workerData, 1, 0, 1000); require("node:fs").writeSync(2, "the gate opens\\n");
      Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0);`,
      { eval: true, workerData: flags },
    ).unref();
    throw new TypeError("main failed");
  },
  /** B161 */
  daemonsInLoops() {
    const all = Array.from({ length: 3 }, () => newFlags());
    for (const flags of all) daemon(endless, flags);
    for (const flags of all) wait(flags);
  },
  /** B165 */
  daemonsThatPrint() {
    const flags = newFlags();
    for (let n = 0; n < 5; n++) daemon(endlessOutput, flags, n);
    for (let n = 0; n < 5; n++) wait(flags, n);
    process.exit(0);
  },
  daemonsAreCutOff() {
    const flags = newFlags();
    daemon(sleeper, flags);
    wait(flags);
    say("end of main");
  },
  /** B162, S56 */
  threadJoinsMain() {
    start(joinsMain);
    sleep(50);
    say("end of main");
  },
  /** B166 */
  threadFromThread() {
    start(startsAnother);
  },
  /** A foreign worker waits for its own threads … */
  async foreignWorkerEnds() {
    const worker = new Worker(
      `import("@x/thread").then(({ Thread, sleep }) => {
        new Thread({ target: (ms) => { const end = Date.now() + ms; while (Date.now() < end); console.log("thread ended"); }, args: [200], daemon: false }).start();
        process.stdout.write("worker ends\\n");
      })`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once("exit", resolve));
    say("end of main");
  },
  /** … and main does not wait for them, because the worker may be terminated with them. */
  async foreignWorkerIsTerminated() {
    const worker = new Worker(
      `import("@x/thread").then(({ Thread }) => {
        new Thread({ target: () => { for (;;); }, daemon: false }).start();
        require("node:worker_threads").parentPort.postMessage("started");
      })`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
    say("end of main", start(raise, newFlags()).join(LONG));
  },
  /** A common handler, and endless threads. */
  async exitsOnSignals(many = "1") {
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.on(signal, () => {
        say("handled", signal);
        process.exit(4);
      });
    }
    const flags = newFlags();
    const threads = Array.from({ length: Number(many) }, () => start(standsForEver, flags));
    daemon(standsForEver, flags);
    wait(flags, 1);
    say("ready");
    await threads[0].joinAsync();
  },
  /** Without a handler a signal ends the process, even while main is blocked at its end. */
  exitsUnheard() {
    start(standsForEver, newFlags());
    process.exit(4);
  },
  /** The thread takes 1.5 s, and two signals arrive at once: `npm run` sends both. */
  async endsInPeace() {
    process.on("SIGINT", () => {
      say("handled");
      process.exit(4);
    });
    const thread = start(sayLater, 1500, "thread ended");
    say("ready");
    await thread.joinAsync();
  },
  /** Main runs no more code, so it cannot release the lock. */
  async exitsHoldingLock(how) {
    const { Lock } = await import("@x/lock");
    const lock = new Lock();
    const flags = newFlags();
    const begin = () => {
      start(entersAfterMain, lock, flags, LONG);
      wait(flags);
    };
    if (how === "throw") {
      lock.acquire();
      begin();
      throw new TypeError("main failed");
    }
    lock.with(() => {
      begin();
      process.exit(6);
    });
  },
  /** There was no start before; it is refused all the same. */
  firstStartAtExit() {
    process.on("exit", () => {
      for (const body of [() => start(sayLater, 0, "never"), () => startNewThread(sayLater, [0, "never"])]) {
        try {
          say("started", String(body()));
        } catch (error) {
          say(error.name, error.message);
        }
      }
    });
  },
  /** Threads without a worker have not been started, so the process does not wait for them. */
  async startsInLine() {
    const threads = Array.from({ length: 50 }, () => new Thread({ target: sayLater, args: [0, "."] }));
    for (const thread of threads) void thread.startAsync();
    await threads[0].startAsync().catch(({ message }) => say(message));
    process.exit(3);
  },
  lateGrandchildren() {
    start(grandparent, 3);
    process.exit(0);
  },
  /** S69: main's own handlers run first, and may start threads; later handlers may not. */
  exitHandlers() {
    process.on("exit", () => {
      say("first handler", start(() => 7).result(LONG));
    });
    start(sayLater, 20, "thread ended");
    const flags = newFlags();
    const running = daemon(endless, flags);
    wait(flags);
    process.on("exit", () => {
      for (const body of [() => start(sayLater, 0, "never"), () => startNewThread(sayLater, [0, "never"])]) {
        try {
          say("started", String(body()));
        } catch (error) {
          say(error.name, error.message);
        }
      }
      for (const timeout of [undefined, LONG]) {
        try {
          say("joined", running.join(timeout));
        } catch (error) {
          say(error.name, error.message);
        }
      }
      say("alive", running.isAlive());
    });
  },
  /** B181, B188, S64 */
  uncaught() {
    const thread = start(fails);
    thread.join();
    say("main goes on");
  },
  /** B190, S65 */
  systemExit() {
    setExceptHook(brokenHook); // would be visible if it were called
    start(leavesByExit, 1).join();
    start(leavesByCall, "at once").join();
    start(leavesByCall, "late").join();
    start(sayLater, 20, "another thread").join();
    say("main goes on");
  },
  hookFails() {
    setExceptHook(brokenHook);
    start(fails).join();
    setExceptHook(exceptHook);
    start(fails).join();
  },
  /** B189 */
  hookWithoutThread() {
    exceptHook({ excType: Error, excValue: new Error("nobody's"), excTraceback: undefined, thread: undefined });
    say(getIdent());
  },
  /** B218, S67 */
  rawFails() {
    startNewThread(leavesByCall, ["at once"]);
    startNewThread(rawFails, []);
    startNewThread(() => {
      throw new RangeError("anonymous");
    }, []);
    startNewThread(leavesByExit, [3]);
    sleep(LONG);
  },
  outputWhileBlocked() {
    start(printLines, 20_000, "line ").join();
    process.exit(0);
  },
  outputOfMany() {
    const threads = ["a", "b", "c"].map((prefix) => start(printLines, 3_000, `${prefix} `));
    for (const thread of threads) thread.join();
    process.exit(0);
  },
  bothStreams() {
    start(printBoth).join();
    process.exit(0);
  },
  /** Two threads in the same worker: the first ends a stream, and the second finds it whole. */
  streams() {
    for (let i = 0; i < 2; i++) console.error(start(usesStreams).result(LONG));
  },
  readsInput() {
    setExceptHook(brokenHook);
    try {
      say(start(asks).result(LONG));
    } catch (error) {
      say(`${error.name}: ${error.message}`);
    }
  },
  /** Its output is full, or has no reader any more. */
  outputFails() {
    for (const how of ["log", "write", "log"]) {
      const thread = start(writesToNobody, how);
      thread.join(LONG);
      try {
        console.error("result:", thread.result());
      } catch (error) {
        console.error("result:", error.code);
      }
    }
  },
  /** The first thread closes its server, the second leaves it listening. */
  async serversInThreads() {
    for (const closes of [true, false]) await start(listens, closes).resultAsync(LONG);
    sleep(300);
  },
  /** The terminal, seen by main and by a thread. */
  terminal() {
    say(`main ${terminal()}`);
    say(`thread ${start(terminal).result(LONG)}`);
  },
  /** With a small heap. */
  outOfMemory() {
    const thread = start(hog);
    const began = Date.now();
    thread.join();
    try {
      thread.result();
    } catch (error) {
      say(error.name, error.message, Date.now() - began < LONG);
    }
    say(start(stand, opened()).result(LONG) > 0);
  },
  /** With few file descriptors. */
  tooMany() {
    const flags = newFlags();
    const threads = [];
    let refused;
    while (threads.length < 500 && refused === undefined) {
      try {
        threads.push(start(stand, flags));
      } catch (error) {
        refused = error;
      }
    }
    for (const end = Date.now() + LONG; ;) {
      const standing = Atomics.load(flags, 1);
      const alive = threads.filter((thread) => thread.isAlive()).length;
      if (standing >= alive || Date.now() > end) break;
      Atomics.wait(flags, 1, standing, 100);
    }
    const first = { started: threads.length, standing: flags[1] };
    raise(flags);
    const failures = new Set();
    let idents = 0;
    for (const thread of threads) {
      if (!thread.join(LONG)) failures.add("did not end");
      try {
        if (thread.result() === thread.ident) idents++;
      } catch (error) {
        failures.add(error.message);
      }
    }
    say(JSON.stringify({ ...first, idents, failures: [...failures], refused: String(refused), left: activeCount() }));
    say(start(stand, flags).result(LONG) > 0);
  },
  burst(count = "5") {
    const flags = newFlags();
    const threads = Array.from({ length: Number(count) }, () => start(stand, flags));
    raise(flags);
    say(new Set(threads.map((thread) => thread.result(LONG))).size, activeCount());
  },
  travels() {
    say(JSON.stringify(start(argv).result(LONG)));
  },
  /** A worker loads the library first; B154. */
  async loadedInWorkerFirst() {
    say("main", isMainThread, currentThread() === mainThread());
  },
};

function opened() {
  const flags = newFlags();
  raise(flags);
  return flags;
}

if (isMainThread) await programs[process.argv[2]](process.argv[3]);
