/** Pools of npm, and ours, behind one interface: how each runs a task of the files in `workers/`. */
import { ThreadPoolExecutor } from "@x/executor";
import { expose, move } from "@x/thread";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { js, type JsContestant, type Measure, Missing, type Point } from "./row.js";
import { work } from "./work.js";

/** A task of the pools. */
export type TaskName = "nothing" | "same" | "work";

/** A pool. */
export interface TaskPool {
  /** Runs a task, and awaits its result. The buffers of `moved` are moved there, and the result is moved back. */
  run(task: TaskName, argument?: unknown, moved?: readonly ArrayBuffer[]): PromiseLike<unknown>;
}

export const fileOf = (name: string): string => fileURLToPath(new URL(`./workers/${name}.js`, import.meta.url));

export function nothing(): void {
  // Measures only the way there and back.
}
export function same(argument: unknown): unknown {
  return argument;
}
/** The same buffer, moved. */
export function back(argument: ArrayBuffer): ArrayBuffer {
  return move(argument, [argument]);
}
const TASKS = { nothing, same, work };
/** For an initializer: on Linux, the priority of this thread alone. */
export function lower(priority: number): void {
  setPriority(priority);
}
expose(import.meta.url, { ...TASKS, back, lower });

/** Our pool. */
export function executor(threads: number): ThreadPoolExecutor {
  return new ThreadPoolExecutor({ maxWorkers: threads, minWorkers: threads });
}

/** Our pool, with workers that let the other threads of the process go first. */
function niceExecutor(threads: number): ThreadPoolExecutor {
  if (process.platform !== "linux") throw new Missing(`on ${process.platform} a thread has no priority of its own`);
  return new ThreadPoolExecutor({
    ...{ maxWorkers: threads, minWorkers: threads },
    ...{ initializer: lower, initargs: [constants.priority.PRIORITY_LOW] },
  });
}

function taskPool(pool: ThreadPoolExecutor): TaskPool {
  return {
    run: (task, argument, moved) =>
      moved === undefined
        ? argument === undefined
          ? pool.submit(TASKS[task] as typeof nothing)
          : pool.submit(TASKS[task] as typeof same, argument)
        : pool.submit({ target: back, args: [argument as ArrayBuffer], transfer: moved }),
  };
}

/** The contestant with workers of low priority. */
export const OURS_NICE = "ours, workers at low priority";

const NEW_POOL: Readonly<Record<string, (threads: number) => Promise<TaskPool>>> = {
  ours: (threads) => Promise.resolve(taskPool(executor(threads))),
  [OURS_NICE]: (threads) => Promise.resolve(taskPool(niceExecutor(threads))),
  piscina: async (threads) => {
    const { move: moved, Piscina } = await import("piscina");
    const pool = new Piscina({ filename: fileOf("piscina"), minThreads: threads, maxThreads: threads });
    return {
      run: (name, argument, transfer) =>
        transfer === undefined
          ? pool.run(argument, { name })
          : pool.run(moved(argument as ArrayBuffer), { name: "back" }),
    };
  },
  tinypool: async (threads) => {
    const { Tinypool } = await import("tinypool");
    const pool = new Tinypool({ filename: fileOf("piscina"), minThreads: threads, maxThreads: threads });
    return { run: (name, argument) => pool.run(argument, { name }) as Promise<unknown> };
  },
  workerpool: async (threads) => {
    const { pool: newPool } = await import("workerpool");
    const file = fileOf("workerpool");
    const pool = newPool(file, { minWorkers: threads, maxWorkers: threads, workerType: "thread" });
    return {
      run: (name, argument, transfer) =>
        transfer === undefined
          ? pool.exec(name, [argument])
          : pool.exec("back", [argument], { transfer: transfer as never }),
    };
  },
  poolifier: async (threads) => {
    const { FixedThreadPool } = await import("poolifier");
    const pool = new FixedThreadPool(threads, fileOf("poolifier"));
    return {
      run: (name, argument, transfer) =>
        pool.execute(argument, transfer === undefined ? name : "back", transfer as never),
    };
  },
};

/** The contestants of a row that measures tasks: pools with so many threads. */
export function poolContestants<P extends Point = Point>(
  names: readonly string[],
  threads: number,
  measure: (pool: TaskPool, point: P) => Measure | Promise<Measure>,
): { readonly ours: JsContestant<P> } & Readonly<Record<string, JsContestant<P>>> {
  const contestants = ["ours", ...names].map((name): [string, JsContestant<P>] => [
    name,
    js(async (point) => measure(await NEW_POOL[name]!(threads), point)),
  ]);
  return Object.fromEntries(contestants) as { readonly ours: JsContestant<P> };
}

/** The pools of npm. */
export const POOLS = ["piscina", "tinypool", "workerpool", "poolifier"];
