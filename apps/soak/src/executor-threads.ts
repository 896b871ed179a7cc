/** The tasks of an executor program, and the threads that submit them. Tasks note their runs in shared memory, because a worker may die at any point. */
import {
  CancelledError,
  expose,
  type Future,
  getIdent,
  Lock,
  move,
  sleepAsync,
  Thread,
  ThreadError,
  type ThreadPoolExecutor,
} from "@x/threading";

/** The tasks of submitter s are numbered from s × PART. */
export const PART = 1000;

/** How long a submitter waits for a future, in milliseconds. */
const WITHIN_MS = 30_000;

/** What a task brings, and returns, in turn. */
const CONTENTS = ["a number", "text", "a lock", "a moved buffer", "nothing, later"] as const;

export type Content = number | string | Lock | ArrayBuffer | undefined;

/** How the futures of a submitter have ended. */
export interface Seen {
  readonly values: number;
  readonly errors: number;
  readonly deaths: number;
  readonly cancelled: number;
}

function sizeOf(id: number): number {
  return (id * 37) % (id % 11 === 0 ? 100_000 : 900);
}

function contentOf(id: number): Content {
  switch (CONTENTS[id % CONTENTS.length]!) {
    case "a number":
      return id;
    case "text":
      return "x".repeat(sizeOf(id));
    case "a lock":
      return new Lock();
    case "a moved buffer":
      return new ArrayBuffer(sizeOf(id) + 1);
    case "nothing, later":
      return undefined;
  }
}

/** Does the task end with an error of its own? */
function fails(id: number): boolean {
  return id % 13 === 5;
}

/** The task. `ran[id]`: how often it has begun. `workers[id % length]`: the ident of a worker that has begun a task. */
export function run(ran: Int32Array, workers: Int32Array, id: number, content: Content): unknown {
  Atomics.add(ran, id, 1);
  workers[id % workers.length] = getIdent();
  if (fails(id)) throw new RangeError(`task ${id}`);
  if (content === undefined) return sleepAsync(id % 4).then(() => id);
  return content instanceof ArrayBuffer ? move({ id, content }, [content]) : { id, content };
}

/** @throws if it is not the result of this task, or not whole */
function checkResult(id: number, result: unknown): void {
  const content = contentOf(id);
  const { id: its, content: back } = (content === undefined ? { id: result } : result) as {
    id: number;
    content?: Content;
  };
  const isWhole =
    content instanceof ArrayBuffer
      ? back instanceof ArrayBuffer && back.byteLength === content.byteLength
      : content instanceof Lock
        ? back instanceof Lock
        : back === content;
  if (its !== id || !isWhole) throw new Error(`task ${id} has the result of task ${its}, or a broken one`);
}

/** The future of a task. */
interface Asked {
  readonly id: number;
  readonly future: Future<unknown>;
}

/** In `readers`: the thread of this submitter that reads its futures. */
export const STARTS = 1;
export const READS = 2;
const HAS_READ = 3;

/** One task of five has its future in another thread, too. A buffer can move to one thread only. */
function isRead(id: number): boolean {
  return id % 5 === 2;
}

/** Asks for tasks of another submitter. That submitter may die meanwhile. */
export async function readFutures(
  asked: readonly Asked[],
  me: number,
  ran: Int32Array,
  readers: Int32Array,
): Promise<void> {
  Atomics.store(readers, me, READS);
  for (const { id, future } of asked) checkRuns(id, await endOf(id, future, me % 2 === 0), ran);
  Atomics.store(readers, me, HAS_READ);
}

/** @throws if a task that has ended so has run too often, or not at all */
function checkRuns(id: number, how: keyof Seen, ran: Int32Array): void {
  const runs = Atomics.load(ran, id);
  const isRight = how === "cancelled" ? runs === 0 : how === "deaths" ? runs <= 1 : runs === 1;
  if (!isRight) throw new Error(`task ${id} has begun ${runs} times, and its future tells of ${how}`);
}

/** Submits `count` tasks, and asks for each. Every other submitter awaits, the others block. */
export async function submitTasks(
  executor: ThreadPoolExecutor,
  me: number,
  count: number,
  ran: Int32Array,
  workers: Int32Array,
  readers: Int32Array,
): Promise<Seen> {
  const blocks = me % 2 === 0;
  const settled = new Int32Array(count);
  const futures: Asked[] = [];
  for (let n = 0; n < count; n++) {
    const id = me * PART + n;
    const content = contentOf(id);
    const transfer = content instanceof ArrayBuffer ? [content] : [];
    const task = { target: run, args: [ran, workers, id, content] as const, transfer, priority: id % 3 };
    const { future } = blocks ? { future: executor.submit(task) } : await executor.submitAsync(task);
    future.addDoneCallback(() => settled[n]!++);
    if (id % 17 === 3) future.cancel();
    futures.push({ id, future });
  }
  const asked = futures.filter(({ id }) => isRead(id));
  const reader = new Thread({ target: readFutures, args: [asked, me, ran, readers], daemon: true });
  Atomics.store(readers, me, STARTS);
  if (blocks) reader.start();
  else await reader.startAsync();
  const seen = { values: 0, errors: 0, deaths: 0, cancelled: 0 };
  for (const { id, future } of futures) {
    const how = await endOf(id, future, blocks);
    seen[how]++;
    checkRuns(id, how, ran);
  }
  const wrong = settled.findIndex((times) => times !== 1);
  if (wrong >= 0) throw new Error(`the future of task ${me * PART + wrong} was settled ${settled[wrong]} times`);
  return seen;
}

async function endOf(id: number, future: Future<unknown>, blocks: boolean): Promise<keyof Seen> {
  try {
    checkResult(id, blocks ? future.result(WITHIN_MS) : await future.resultAsync(WITHIN_MS));
    return "values";
  } catch (error) {
    if (error instanceof CancelledError) return "cancelled";
    if (error instanceof RangeError && error.message === `task ${id}` && fails(id)) return "errors";
    if (error instanceof ThreadError && / died (while it ran|before it began) /.test(error.message)) return "deaths";
    throw error;
  }
}

expose({ submitTasks, readFutures, run });
