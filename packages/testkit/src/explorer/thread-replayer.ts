/**
 * Finds the next operation of a thread, by its history. The shipped code answers in a real worker,
 * and the answer is kept.
 * A thread learns about other threads only by the results of its own operations. So its history
 * determines its next operation: schedules are walked in a model of memory, and the code runs only
 * for new histories.
 */
import { Worker } from "node:worker_threads";
import {
  CONTROL,
  CONTROL_BYTES,
  type Letter,
  OP_NAMES,
  OPS,
  LONG_WAIT_MS,
  PORTS_MAX,
  REGION_WORDS,
  type Role,
  TIME_ORIGIN,
  TURN_KINDS,
  TURNS,
  WOKEN,
  type WorkerSetup,
} from "./protocol.js";
import { Environment } from "./environment.js";

/** The next operation of a thread. */
interface PendingOperation {
  readonly kind: number;
  /** The place by the thread's number, and the word by the machine's. */
  readonly place: number;
  readonly word: number;
  readonly x: number;
  readonly y: number;
  /** The number of the promise of `waitAsync`. */
  readonly promise: number;
  /** The thread's ident, from core's state. */
  readonly ident: number;
  /** The number of the sent message, or NO_MAIL. */
  readonly mail: number;
  /** Invisible: runs together with the operation before it. */
  readonly quiet: boolean;
  /** The error, if the operation is `fail`. */
  readonly message: string;
}

/** A point in a thread's history, with the next operation. */
export interface HistoryNode {
  /** Unique among all nodes. */
  readonly id: number;
  readonly op: PendingOperation;
  readonly before: HistoryNode | undefined;
  /** The result of the operation before. */
  readonly result: number;
  readonly length: number;
  readonly trace: number;
  readonly after: Map<number, HistoryNode>;
}

/** What a thread finds if no other thread runs. */
interface Now {
  readonly memory: Int32Array;
  readonly clock: number;
  readonly announcedDeaths: readonly number[];
}

/** 20 s: a worker that takes longer for a single step is stuck. */
const STUCK = 20_000;

const NO_MAIL = -1;

let ids = 0;

export class ThreadReplayer {
  private readonly integers: Int32Array;
  private readonly clock: Float64Array;
  private readonly ops: Float64Array;
  private readonly results: Float64Array;
  private readonly words: Int32Array;
  private readonly text: Uint8Array;
  private readonly worker: Worker;
  private role: Role | undefined;
  private environment = new Environment();
  /** How many messages the worker has received. */
  private mailed = 0;
  /** The worker's current node. */
  private at: HistoryNode | undefined;
  /** How often the worker was asked. */
  asked = 0;

  /** Starts a worker and loads `bodies`. */
  static async open(bodies: URL): Promise<ThreadReplayer> {
    const replayer = new ThreadReplayer(bodies);
    await new Promise((resolve, reject) => {
      replayer.worker.once("message", resolve);
      replayer.worker.once("error", reject);
      replayer.worker.once("exit", () => reject(new Error(`explorer: ${bodies.href} could not be loaded`)));
    });
    return replayer;
  }

  private constructor(bodies: URL) {
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    this.integers = new Int32Array(control, 0, 8);
    this.clock = new Float64Array(control, CONTROL.CLOCK_AT, 1);
    this.ops = new Float64Array(control, CONTROL.OPS_AT, CONTROL.OP_LENGTH * CONTROL.OPS_MAX);
    this.results = new Float64Array(control, CONTROL.RESULTS_AT, CONTROL.RESULTS_MAX);
    this.words = new Int32Array(control, CONTROL.MEMORY_AT, CONTROL.WORDS_MAX);
    this.text = new Uint8Array(control, CONTROL.TEXT_AT, CONTROL.TEXT_MAX);
    const protocol = { OPS, WOKEN, TURNS, TURN_KINDS, TIME_ORIGIN, LONG_WAIT_MS, PORTS_MAX, REGION_WORDS, CONTROL };
    const workerData: WorkerSetup = { control, bodies: bodies.href, protocol };
    const env = { ...process.env, THREADING_WASM: "0" }; // the explorer does not see operations of WebAssembly
    this.worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData, execArgv: [], env });
    this.worker.unref();
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  /** Makes the worker this thread of this model. Returns its first node. */
  play(role: Role, environment: Environment, now: Now): HistoryNode {
    this.role = role;
    this.environment = environment;
    this.mailed = 0;
    return this.learn(undefined, 0, now);
  }

  /** The node after the operation of `node` returned `result`. */
  next(node: HistoryNode, result: number, now: Now): HistoryNode {
    return node.after.get(result) ?? this.learn(node, result, now);
  }

  private learn(node: HistoryNode | undefined, result: number, { memory, clock, announcedDeaths }: Now): HistoryNode {
    this.clock[0] = clock;
    this.integers[CONTROL.DEATHS] = announcedDeaths.reduce((bits, thread) => bits | (1 << thread), 0);
    // The agents of a process have memory in several regions, so they stop at each operation.
    const isCopied = !this.role!.isAgent && memory.length <= CONTROL.WORDS_MAX;
    this.integers[CONTROL.WORDS] = isCopied ? memory.length : 0;
    if (isCopied) this.words.set(memory);
    if (node !== undefined && node === this.at) this.proceed(result);
    else this.restart(node, result);
    const first = (this.at = this.read(0, node, result));
    for (let i = 1; i < this.integers[CONTROL.OPS]!; i++) {
      this.at = this.read(i, this.at, this.ops[i * CONTROL.OP_LENGTH - 1]!);
    }
    this.asked++;
    return first;
  }

  /** Reads an operation of the worker, which comes after the operation of `node` returned `result`. */
  private read(number: number, node: HistoryNode | undefined, result: number): HistoryNode {
    const from = number * CONTROL.OP_LENGTH;
    const [kind = 0, place = 0, x = 0, y = 0, quiet = 0, trace = 0, promise = 0, ident = 0] = this.ops.subarray(
      from,
      from + CONTROL.OP_LENGTH,
    );
    const word = this.environment.wordAt(place);
    const message = kind === OPS.fail ? this.message() : "";
    const mail = kind === OPS.post || kind === OPS.start ? this.environment.mail(this.message()) : NO_MAIL;
    const op = { kind, place, word, x, y, promise, ident, mail, quiet: quiet === 1 || kind >= OPS.note, message };
    if (node !== undefined && trace !== traceAfter(node)) {
      throw new Error(
        `explorer: the thread is not deterministic: it came to ${OP_NAMES.get(kind)} otherwise than before`,
      );
    }
    const after = new Map<number, HistoryNode>();
    const learnt: HistoryNode = { id: ++ids, op, before: node, result, length: (node?.length ?? -1) + 1, trace, after };
    node?.after.set(result, learnt);
    return learnt;
  }

  private proceed(result: number): void {
    this.results[0] = result;
    this.write({});
    this.resume(CONTROL.CONTINUE);
  }

  /** Writes the text of a command, with all messages that are new to the worker. */
  private write(letter: Omit<Letter, "mails">): void {
    const mails = this.environment.mailsFrom(this.mailed);
    this.mailed += mails.length;
    const isEmpty = letter.role === undefined && mails.length === 0;
    const bytes = isEmpty ? undefined : new TextEncoder().encode(JSON.stringify({ ...letter, mails } satisfies Letter));
    this.integers[CONTROL.BYTES] = bytes?.length ?? 0;
    if (bytes !== undefined) this.text.set(bytes);
  }

  private restart(node: HistoryNode | undefined, result: number): void {
    const length = node === undefined ? 0 : node.length + 1;
    if (length > CONTROL.RESULTS_MAX) throw new Error("explorer: a thread's history is too long");
    let last = result;
    for (let at = node; at !== undefined; at = at.before) {
      this.results[at.length] = last;
      last = at.result;
    }
    this.integers[CONTROL.RESULTS] = length;
    this.write({ role: this.role! });
    this.resume(CONTROL.RESTART);
  }

  /** Lets the worker run up to its next operation. */
  private resume(command: number): void {
    this.integers[CONTROL.COMMAND] = command;
    Atomics.store(this.integers, CONTROL.TURN, CONTROL.WORKER);
    Atomics.notify(this.integers, CONTROL.TURN);
    for (let spin = 0; spin < 300 && Atomics.load(this.integers, CONTROL.TURN) === CONTROL.WORKER; spin++);
    while (Atomics.load(this.integers, CONTROL.TURN) === CONTROL.WORKER) {
      if (Atomics.wait(this.integers, CONTROL.TURN, CONTROL.WORKER, STUCK) === "timed-out") {
        throw new Error("explorer: a worker is stuck between two operations");
      }
    }
  }

  private message(): string {
    return new TextDecoder().decode(this.text.slice(0, this.integers[CONTROL.BYTES]));
  }
}

/** The same hash is computed in the worker. If they differ, the thread is not deterministic. */
function traceAfter({ trace, op: { kind, place, x, y } }: HistoryNode): number {
  return mix(mix(mix(mix(trace, kind), place), x), y);
}

function mix(trace: number, value: number): number {
  return Math.imul(trace ^ (value | 0), 0x9e3779b1) ^ (trace >>> 15);
}
