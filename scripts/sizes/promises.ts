/** The promises of a Lock, each with the code that keeps it. */
import { type Cuts, GONE } from "./bundle.ts";

interface Promised {
  readonly promise: string;
  /** What to leave out, by file. */
  readonly cuts: Readonly<Record<string, Cuts>>;
}

export const PROMISES: readonly Promised[] = [
  {
    promise: "async forms: tasks, their queues, aborts, `acquireAsync` and its kin",
    cuts: {
      "lock/src/lock.ts": { "Lock.acquireAsync": GONE },
      "core/src/sync/holdable.ts": { "AsyncHoldable.holdAsync": GONE, "AsyncHoldable.withAsync": GONE },
      "core/src/wait/wake.ts": { wakePromises: "{ return false; }" },
    },
  },
  {
    promise: "`hold`, `with`, `using`",
    cuts: {
      "core/src/sync/holdable.ts": {
        "Holdable.hold": GONE,
        "Holdable.with": GONE,
        "AsyncHoldable.holdAsync": GONE,
        "AsyncHoldable.withAsync": GONE,
      },
    },
  },
  {
    promise: "checks of timeouts and options, and their texts",
    cuts: {
      "core/src/check.ts": {
        checkTimeout: "{}",
        checkAsyncOptions:
          "{ return { timeout: undefined, deadline: options === undefined ? Deadline.NEVER : Deadline.ofTask(options as number), signal: (options as any).signal }; }",
      },
    },
  },
  {
    promise: "memory of the user: `{ buffer, byteOffset }`, its checks and their texts",
    cuts: {
      "core/src/memory/placement.ts": { adopt: "{ return { words: new Int32Array(placement.buffer), at: 0 }; }" },
      "core/src/sync/primitive.ts": { placementOf: "{ return place as MemoryPlacement; }", fieldsOf: "{ return []; }" },
    },
  },
  {
    promise: "WebAssembly memory: a free lock at the price of one instruction",
    cuts: {
      "core/src/memory/wasm-memory.ts": {
        memory: "undefined as any",
        wasmWords: "undefined",
        operations: "Atomics",
        allocateWasm: "{ return undefined; }",
        asWasmWords: "{ return undefined; }",
      },
    },
  },
  {
    promise: "slabs: many primitives in one buffer, an address that all threads print alike",
    cuts: {
      "core/src/memory/allocate.ts": {
        allocate: "{ return { words: new Int32Array(new SharedArrayBuffer(bytes)), at: 0 }; }",
      },
      "core/src/memory/slab-header.ts": {
        oneViewOf: "{ return words; }",
        numberOf: "{ return undefined; }",
        forgotten: "undefined",
      },
      "core/src/memory/words.ts": { addressOf: "{ return `0x${at}`; }" },
    },
  },
  {
    promise: "no waiter starves: leases",
    cuts: {
      "core/src/sync/synchronizer.ts": {
        acquiring: `{
          for (let marks = 0; ; ) {
            const was = Atomics.load(words, at + STATE);
            const late = deadline.expired();
            const state = claim(was >> Bits.SHIFT);
            if (state !== REFUSED) {
              if (Atomics.compareExchange(words, at + STATE, was, (state << Bits.SHIFT) | (was & Bits.MARKS) | marks) !== was) continue;
              return was >> Bits.SHIFT;
            }
            if (late) return REFUSED;
            if ((was & Bits.WAITED) === 0 && Atomics.compareExchange(words, at + STATE, was, was | Bits.WAITED) !== was) continue;
            marks = Bits.WAITED;
            yield { words, index: at + STATE, value: was | Bits.WAITED, deadline, holder, sleepsAtOnce: true };
          }
        }`,
        released: "{ if (!wake(words, at, n)) Atomics.compareExchange(words, at, left, left & ~Bits.WAITED); }",
      },
    },
  },
  {
    promise: "spinning before sleeping",
    cuts: {
      "core/src/sync/exclusive.ts": { trySpin: "{ return false; }" },
      "core/src/wait/block.ts": { spinner: "undefined as any", "block.changed": "false" },
    },
  },
  {
    promise: "deaths: a dead owner is found, long waits are woken, the supervisor may die",
    cuts: {
      "core/src/wait/death-monitor.ts": {
        deathMonitor: "{ return undefined; }",
        deathOf: "{ return undefined; }",
        lostFor: "{ return undefined; }",
        hasDeathMonitor: "{ return false; }",
      },
      "core/src/wait/deaths.ts": {
        dead: "{ words: undefined as Int32Array | undefined }",
        deathCount: "{ return 0; }",
      },
      "core/src/sync/exclusive.ts": {
        acquiringExclusively:
          "{ return (yield* acquiring(words, at, (holder) => (holder === FREE ? getIdent() : REFUSED), deadline)) !== REFUSED; }",
      },
      "core/src/wait/awaited-words.ts": { watchForDeaths: "{}" },
      "core/src/wait/block.ts": {
        sleepInNaps: `{ return "ok"; }`,
        sleep: "{ return Atomics.wait(wait.words, wait.index, wait.value, ms); }",
      },
      "core/src/sync/holdable.ts": {
        enter: "{ return lock.acquire(timeout); }",
        enterAsync: "{ return lock.acquireAsync(options); }",
      },
    },
  },
  {
    promise: "a Condition may put work off until the lock is released",
    cuts: {
      "core/src/wait/deferred.ts": { runDeferred: "{}" },
      "core/src/sync/exclusive.ts": {
        release:
          "{ const was = and(words, at, Bits.MARKS); if (was >> Bits.SHIFT === 0) return false; if ((was & Bits.MARKS) !== 0) released(words, at, was & Bits.MARKS, 1); return true; }",
      },
    },
  },
  {
    promise: "reports: wait events, creation events, the waits of tasks",
    cuts: {
      "core/src/wait/wait-events.ts": { waitBegins: "{ return undefined; }" },
      "core/src/transfer/creation-events.ts": { report: "{}" },
      "core/src/wait/task-queue.ts": { "Queue.waits": "{ return []; }" },
    },
  },
  {
    promise: "travel: `share`, `from`, arguments and results of threads",
    cuts: {
      "core/src/sync/primitive.ts": { registerPrimitive: "{}", "Primitive.share": GONE, "Primitive.[PACK]": GONE },
      "lock/src/lock.ts": { "Lock.from": GONE },
    },
  },
  {
    promise: "`instanceof` across copies and versions of the package",
    cuts: {
      "core/src/brand.ts": { brandClass: "{ return Symbol(); }" },
      "core/src/errors.ts": { isBranded: "{ return false; }" },
    },
  },
  {
    promise: "clocks and timers that fake timers of tests do not stop",
    cuts: {
      "core/src/platform/clock.ts": {
        newClock:
          "{ return { timeOrigin: performance.timeOrigin, now: () => performance.now(), setTimer: timersOf(setTimeout, clearTimeout) }; }",
      },
    },
  },
  {
    promise: "text forms: `toString`, JSON, Node's console",
    cuts: {
      "core/src/sync/primitive.ts": { "Primitive.toJSON": GONE, "Primitive.[INSPECT]": GONE },
      "lock/src/lock.ts": { "Lock.toString": GONE },
    },
  },
  {
    promise: "Deno and Bun",
    cuts: { "core/src/platform/index.ts": { platform: "(node.isHere() ? node : browser) as Platform" } },
  },
  {
    promise: "Node, Deno and Bun",
    cuts: { "core/src/platform/index.ts": { platform: "browser as Platform" } },
  },
];
