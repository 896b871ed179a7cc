/** Programs in a deadlock: the report of all threads, and DeadlockError. */
import { LONG, runScript, SHORT, until, watchdog } from "@x/testkit";
import {
  activeCount,
  Barrier,
  Condition,
  currentThread,
  DeadlockError,
  detectDeadlocks,
  dumpThreads,
  Lock,
  RLock,
  terminate,
  Thread,
  ThreadError,
} from "@x/threading";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { ALONE } from "./alone.js";
import * as w from "./deadlocks.workers.mjs";

watchdog();

afterEach(() => until(() => activeCount() === ALONE));

const newStage = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/** Two threads; each waits for the lock of the other. */
function deadlock(a: Lock | RLock, b: Lock | RLock): Thread<string>[] {
  const barrier = new Barrier(2);
  const stage = newStage();
  const threads = [
    new Thread({ target: w.takeBoth, args: [a, b, barrier, stage], name: "A" }).start(),
    new Thread({ target: w.takeBoth, args: [b, a, barrier, stage], name: "B" }).start(),
  ];
  until(() => Atomics.load(stage, 0) === 2);
  return threads;
}

/** The report of all threads, as soon as it tells what each of these threads waits for: a wait is told after some 200 ms. */
function reportWaits(...names: string[]): string {
  let text = "";
  until(() => {
    text = dumpThreads();
    return names.every((name) => new RegExp(`^${name} .*has (?:waited|slept) for \\d\\.\\d s`, "m").test(text));
  });
  return text;
}

function terminateAll(threads: readonly Thread[]): void {
  for (const thread of threads) terminate(thread);
  for (const thread of threads) expect(thread.join(LONG)).toBe(true);
}

/** Turns deadlock detection on during this test. */
function detecting(): void {
  detectDeadlocks();
  onTestFinished(() => detectDeadlocks(false));
}

const address = /0x[0-9a-f]+/.source;

/** The name of the thread that runs the tests. */
const me = currentThread().name;

describe("dumpThreads", () => {
  it("shows, in a deadlock, each waiter, its blocker, the holder, the place, and the cycle", () => {
    const [a, b] = [new Lock(), new RLock()];
    const threads = deadlock(a, b);
    const text = reportWaits("A", "B");
    terminateAll(threads);
    expect(text).toMatch(new RegExp(`^${ALONE + 2} threads at \\d{4}-\\d\\d-\\d\\dT`));
    expect(text).toMatch(
      new RegExp(`^${me} \\(ident \\d+\\) asks for this report\\n +at .*deadlocks\\.test\\.ts:\\d+`, "m"),
    );
    expect(text).toMatch(
      new RegExp(
        `^A \\(ident \\d+\\) has waited for \\d\\.\\d s for RLock at ${address} held by B\\n` +
          `  holds Lock at ${address}\\n(?: +at .*\\n)* +at (?:\\w+\\.)?takeBoth .*deadlocks\\.workers\\.mjs:\\d+`,
        "m",
      ),
    );
    const [first, second] = [`A waits for RLock at ${address} held by B`, `B waits for Lock at ${address} held by A`];
    const which = (wait: string): string => `which${wait.slice(1)}`;
    expect(text).toMatch(new RegExp(`^Deadlock: (?:${first}, ${which(second)}|${second}, ${which(first)})$`, "m"));
    expect(text.match(/Deadlock:/g)).toHaveLength(1);
  });

  it("shows the same address for a lock in all threads, and different ones for two locks", () => {
    const locks = Array.from({ length: 200 }, () => new Lock());
    expect(new Set(locks.map(String)).size).toBe(200);
    const threads = deadlock(locks[0]!, locks[199]!);
    const text = reportWaits("A", "B");
    terminateAll(threads);
    for (const lock of [locks[0], locks[199]]) {
      expect(text).toContain(`Lock ${/at 0x[0-9a-f]+/.exec(String(lock))?.[0]} held by`);
    }
  });

  it("shows awaited primitives, sleeping threads, threads that have not begun, and joins", () => {
    const lock = new Lock();
    const sleeper = new Thread({ target: w.sleeps, args: [LONG], name: "sleeper" }).start();
    lock.acquire();
    const awaiting = new Thread({ target: w.awaits, args: [lock], name: "awaiting", daemon: true }).start();
    until(() => dumpThreads().includes("a task awaits Lock"));
    const text = reportWaits("sleeper");
    lock.release();
    terminateAll([sleeper]);
    awaiting.join(LONG);
    expect(text).toMatch(/^sleeper \(ident \d+\) has slept for \d\.\d s\n.*\n +at sleeps /m);
    expect(text).toMatch(
      /^awaiting \(ident \d+, daemon\) runs, .*\n {2}a task awaits Lock at 0x[0-9a-f]+ for \d\.\d s$/m,
    );
    expect(text).not.toContain("Deadlock");
  });

  it("works before the first thread is started", async () => {
    const { stdout, stderr } = await runScript(
      `import { dumpThreads } from "@x/threading"; console.log(dumpThreads());`,
    );
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^1 thread at .*\nMainThread \(ident 1\) asks for this report\n {4}at .*main\.mjs:1/);
  });
});

const PROGRAM = `
  import { dumpThreads, expose, isMainThread, sleep, Thread } from "@x/threading";
  export function kill(signal) {
    while (!/^MainThread .* has waited for [0-9]/m.test(dumpThreads())) sleep(10);
    process.kill(process.pid, signal);
    sleep(1000); // until the report is written
  }
  expose({ kill });
  if (isMainThread) new Thread({ target: kill, args: [SIGNAL], name: "killer" }).start().join();
`;

describe("the signal for a report", () => {
  it("is SIGUSR2: the program reports all threads, also while main is blocked, and continues", async () => {
    const { status, stderr } = await runScript(PROGRAM.replace("SIGNAL", `"SIGUSR2"`));
    expect(status).toBe(0);
    expect(stderr).toMatch(/^2 threads at /);
    expect(stderr).toMatch(/^MainThread \(ident 1\) has waited for \d\.\d s for killer to end$/m);
    expect(stderr).not.toContain("Deprecat");
  });

  it("is the signal named by THREADING_DUMP_SIGNAL", async () => {
    const program = PROGRAM.replace("SIGNAL", `"SIGQUIT"`);
    const { status, stderr } = await runScript(
      `process.env.THREADING_DUMP_SIGNAL = "SIGQUIT"; await import("./program.mjs");`,
      { files: { "program.mjs": program } },
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/^2 threads at /);
  });

  it("keeps its default action if THREADING_DUMP_SIGNAL is empty", async () => {
    const { status } = await runScript(`process.env.THREADING_DUMP_SIGNAL = ""; await import("./program.mjs");`, {
      files: { "program.mjs": PROGRAM.replace("SIGNAL", `"SIGUSR2"`) },
    });
    expect(status).toBe("SIGUSR2");
  });
});

describe("detectDeadlocks", () => {
  it.each([
    ["Locks", Lock, Lock],
    ["a Lock and an RLock", Lock, RLock],
  ] as const)("throws in the acquire that closes a cycle of %s, and the other thread gets both", (_, A, B) => {
    detecting();
    const results = deadlock(new A(), new B()).map((thread) => thread.result(LONG));
    results.sort();
    expect(results[1]).toBe("both");
    expect(results[0]).toMatch(
      new RegExp(
        `^DeadlockError: thread: deadlock: ([AB]) waits for R?Lock at ${address} held by ([AB]), ` +
          `which waits for R?Lock at ${address} held by \\1$`,
      ),
    );
  });

  it("throws in a thread that takes a Lock twice", () => {
    detecting();
    new Thread({ target: w.sleeps, args: [0] }).start().join(); // starts the supervisor, which detects deadlocks
    const lock = new Lock();
    lock.acquire();
    expect(() => lock.acquire()).toThrow(DeadlockError);
    expect(() => lock.acquire()).toThrow(new RegExp(`${me} waits for Lock at ${address} held by ${me}$`));
    expect(() => lock.acquire()).toThrow(ThreadError);
    expect(lock.isOwned()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  it("throws in the join of a thread that waits for a lock of the joining thread", () => {
    detecting();
    const lock = new Lock();
    const barrier = new Barrier(2);
    lock.acquire();
    const waiter = new Thread({ target: w.waitFor, args: [lock, barrier], name: "waiter" }).start();
    barrier.wait();
    reportWaits("waiter"); // so that the wait of the join closes the cycle
    expect(() => waiter.join()).toThrow(
      new RegExp(`^thread: deadlock: ${me} waits for waiter to end, which waits for Lock at ${address} held by ${me}$`),
    );
    lock.release();
    expect(waiter.result(LONG)).toBe("got it");
  });

  it("lets a wait end by its timeout, or by a thread outside the cycle", () => {
    detecting();
    const lock = new Lock();
    lock.acquire();
    expect(lock.acquire(SHORT)).toBe(false);
    lock.release();
    const threads = Array.from({ length: 4 }, () =>
      new Thread({ target: w.waitFor, args: [lock, new Barrier(1)] }).start(),
    );
    expect(threads.map((thread) => thread.result(LONG))).toEqual(Array(4).fill("got it"));
  });

  it("chooses a victim that may fail, not a waiter that takes the lock of a Condition again", () => {
    detecting();
    const [condition, other] = [new Condition(), new RLock()];
    const stage = newStage();
    const waiter = new Thread({ target: w.waitHolding, args: [condition, other, stage], name: "waiter" }).start();
    until(() => Atomics.load(stage, 0) === 1 && !condition.locked());
    const notifier = new Thread({ target: w.notifyAndTake, args: [condition, other], name: "notifier" }).start();
    expect(notifier.result(LONG)).toMatch(/^DeadlockError: .*notifier waits for RLock at .* held by waiter/);
    expect(waiter.result(LONG)).toBe(true);
  });

  it("is on from the beginning if the environment says so, and off otherwise", async () => {
    const program = `
      import { DeadlockError, Lock, Thread } from "@x/threading";
      new Thread({ target: () => undefined }).start().join();
      const lock = new Lock();
      lock.acquire();
      try { console.log(lock.acquire()); } catch (error) { console.log(error instanceof DeadlockError); }
    `;
    const { stdout } = await runScript(`process.env.THREADING_DETECT_DEADLOCKS = "1"; await import("./program.mjs");`, {
      files: { "program.mjs": program },
    });
    expect(stdout).toBe("true\n");
    const off = await runScript(program.replace("lock.acquire())", "lock.acquire(500))"));
    expect(off.stdout).toBe("false\n");
  });

  it("accepts only a boolean", () => {
    expect(() => detectDeadlocks("on" as never)).toThrow(TypeError);
  });
});
