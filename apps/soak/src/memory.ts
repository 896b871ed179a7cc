/**
 * Makes many threads, timers, deaths, barriers, … in turn. Prints the memory of the process along
 * the way, and fails if it grows. The argument is a {@link MemoryOptions} in JSON.
 */
import { readdirSync } from "node:fs";
import workers, { type Worker } from "node:worker_threads";
import {
  Barrier,
  type PrimitiveHandle,
  expose,
  isMainThread,
  setExceptHook,
  Thread,
  ThreadPoolExecutor,
  Timer,
} from "@x/threading";
import { growthOf, hasGrown, HEAP_NOISE, mib, NOISE, type Sample } from "./growth.js";

/** How many of each to make. */
export interface MemoryOptions {
  readonly threads: number;
  readonly timers: number;
  readonly deaths: number;
  readonly barriers: number;
  /** Threads that leave something in the event loop, so that their workers end. */
  readonly leavers: number;
  /** Threads that submit to one executor. */
  readonly submitters: number;
}

/** Prints this many samples of each kind. */
const PARTS = 12;

/**
 * Up to 4 system threads more than in the middle third are no leak: threads of the engine, and a
 * worker during its replacement.
 */
const FEW = 4;

/** The supervisor answers with the size of its heap within 1 s, or never. */
const ANSWER_MS = 1000;

/** A thread makes this many views of each barrier in its arguments. */
const BARRIERS = 20;
const VIEWS = 10;

// ---------------------------------------------------------------- what threads do

export function nothing(): void {
  // Starts and ends.
}

export function dies(): never {
  throw new RangeError("on purpose");
}

export function ignoreError(): void {
  // The except hook: planned deaths are not reported.
}

export function leavesTimer(): void {
  setTimeout(nothing, 1);
}

export function submits(executor: ThreadPoolExecutor): void {
  executor.submit(nothing).result();
}

/** Makes views of barriers. Each view breaks its barrier if this thread dies. */
export function meets(handles: readonly PrimitiveHandle[]): void {
  for (let view = 0; view < VIEWS; view++) for (const handle of handles) Barrier.from(handle);
}
expose({ nothing, dies, ignoreError, leavesTimer, submits, meets });

// ---------------------------------------------------------------- what main does

interface Kind {
  readonly name: keyof MemoryOptions;
  /** How many a call makes. */
  readonly each: number;
  readonly once: (n: number) => void;
}

let executor: ThreadPoolExecutor | undefined;

const KINDS: readonly Kind[] = [
  { name: "threads", each: 1, once: () => void new Thread({ target: nothing }).start().join() },
  {
    name: "timers",
    each: 1,
    once(n) {
      const timer = new Timer(n % 2 === 0 ? 0 : 10_000, nothing);
      timer.start();
      if (n % 2 === 1) timer.cancel();
      timer.join();
    },
  },
  { name: "deaths", each: 1, once: () => void new Thread({ target: dies }).start().join() },
  {
    name: "barriers",
    each: BARRIERS * VIEWS,
    once() {
      const handles = Array.from({ length: BARRIERS }, () => new Barrier(2).share());
      new Thread({ target: meets, args: [handles] }).start().join();
    },
  },
  { name: "leavers", each: 1, once: () => void new Thread({ target: leavesTimer }).start().join() },
  {
    name: "submitters",
    each: 1,
    once: () => void new Thread({ target: submits, args: [(executor ??= new ThreadPoolExecutor(2))] }).start().join(),
  },
];

/**
 * The first worker of this thread is the supervisor. Newer versions of Node report the size of its
 * heap.
 */
const workersOfMain: Worker[] = [];

function keepSupervisor(): void {
  const { Worker } = workers;
  workers.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workersOfMain.push(this);
    }
  };
}

interface SampleOfThreads extends Sample {
  /** The heap of the supervisor. */
  readonly supervisor: number | undefined;
  /** The number of system threads. */
  readonly tasks: number;
}

const turn = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms));

async function sample(made: number): Promise<SampleOfThreads> {
  await turn(20);
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const [supervisor] = workersOfMain as (Worker & { getHeapStatistics?: () => Promise<{ used_heap_size: number }> })[];
  const own = await Promise.race([supervisor?.getHeapStatistics?.(), turn(ANSWER_MS)]); // the timer keeps the process alive meanwhile
  return { made, rss, heap: heapUsed, supervisor: own?.used_heap_size, tasks: tasks() };
}

/** The number of the process's system threads; 0 where /proc is missing. */
function tasks(): number {
  try {
    return readdirSync("/proc/self/task").length;
  } catch {
    return 0;
  }
}

/** Makes `n` of a kind. Returns a description of the growth, or undefined. */
async function run({ name, each, once }: Kind, n: number): Promise<string | undefined> {
  const samples: SampleOfThreads[] = [];
  const began = performance.now();
  console.log(`${name.padEnd(10)} seconds  rss MiB  heap of main  of the supervisor  system threads`);
  let made = 0;
  for (let part = 1; part <= PARTS; part++) {
    for (let calls = 0; made < (n * part) / PARTS; made += each) {
      once(made / each);
      if (++calls % 500 === 0) await turn(0); // lets the event loop turn, because a loop of starts never would
    }
    const now = await sample(made);
    samples.push(now);
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(7);
    const { rss, heap, supervisor, tasks } = now;
    console.log(
      `${String(made).padEnd(10)} ${seconds} ${mib(rss)} ${mib(heap).padStart(13)} ${mib(supervisor).padStart(18)} ${String(tasks).padStart(15)}`,
    );
  }
  for (const what of ["rss", "heap", "supervisor"] as const) {
    const by = growthOf(samples, (of) => of[what] ?? 0);
    if (by > (what === "heap" ? HEAP_NOISE : NOISE)) return hasGrown(what, by, made, name);
  }
  const more = growthOf(samples, (of) => of.tasks);
  return more > FEW ? `${more} more system threads in the last third of ${made} ${name}` : undefined;
}

if (isMainThread) {
  keepSupervisor();
  setExceptHook(ignoreError);
  const options = JSON.parse(process.argv[2] as string) as MemoryOptions;
  for (const kind of KINDS) {
    if (options[kind.name] === 0) continue;
    const fault = await run(kind, options[kind.name]);
    if (fault === undefined) continue;
    console.error(fault);
    process.exitCode = 1;
  }
}
