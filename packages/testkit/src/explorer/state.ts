/** The state of the machine that the threads of a model run on. */
import type { HistoryNode } from "./thread-replayer.js";
import type { ProcessState } from "./process.js";
import { OPS } from "./protocol.js";

/** Somebody in the waiting list of a word, first come first served. */
export interface Waiter {
  readonly word: number;
  /** What stood there when he began to wait. */
  readonly value: number;
  readonly thread: number;
  /** The number of the promise, or ASLEEP for a thread that blocks. */
  readonly promise: number;
  readonly due: number;
}
export const ASLEEP = -1;
/** Who pauses waits on no word of the model. */
export const NOWHERE = -1;

interface Timer {
  readonly number: number;
  readonly due: number;
}

/** A long wait, in which the thread is to hear of deaths. */
interface Vigil {
  /** Of so many deaths it knew when it began. */
  readonly heard: number;
  /** What it sleeps on, or NOWHERE. */
  readonly word: number;
}

/** What is to be done if the thread dies: holders are counted, bits of a word are set, then those who wait on it are woken. */
export interface Will {
  readonly word: number;
  /** 0: only the wake is left. */
  readonly bits: number;
  /** The word that counts those who hold the primitive; NOWHERE if none does, or that is done. */
  readonly holders: number;
  /** Is this thread counted there? */
  readonly counts: boolean;
  /** Are the bits set in any case, or only if the thread died in the midst of what its mark says? */
  readonly isCertain: boolean;
  readonly mark: number;
}

export interface ThreadState {
  readonly node: HistoryNode;
  /** Blocked in `Atomics.wait`. */
  readonly asleep: boolean;
  /** Killed before it came to its end; of an agent, over. */
  readonly dead: boolean;
  /** What waits for a turn of the event loop, in order. */
  readonly ready: readonly number[];
  readonly timers: readonly Timer[];
  /** Signals that may be aborted yet. */
  readonly signals: readonly number[];
  /** Of so many deaths its event loop has been told. */
  readonly told: number;
  readonly vigil: Vigil | undefined;
  readonly wills: readonly Will[];
}

export interface State {
  /** The model's words, then its notes. */
  readonly memory: Int32Array;
  readonly clock: number;
  /** How often time has passed by itself. */
  readonly ticks: number;
  readonly queue: readonly Waiter[];
  readonly threads: readonly ThreadState[];
  /** The dead of whom all can know, in order. */
  readonly obituaries: readonly number[];
  /** Whose state the last step has changed. Only they may die now: the others might have done so before, which comes to the same. */
  readonly stirred: readonly number[];
  /** If the threads are agents of a process. */
  readonly process: ProcessState | undefined;
  /** Who ran last, and how often one was made to wait though it could have gone on. */
  readonly last: number;
  readonly preemptions: number;
  /** What a thread found wrong. */
  readonly wrong: string | undefined;
}

/** Has it come to its end by itself? */
export function settled({ node }: ThreadState): boolean {
  return node.op.kind === OPS.idle && node.op.x === 1;
}

/** Will it do nothing more? Nor does an agent that is not needed. */
export function ended(thread: ThreadState): boolean {
  return thread.dead || settled(thread) || thread.node.op.kind === OPS.boot;
}

/** Is it about to do an operation? */
export function isRunning({ node, asleep, dead }: ThreadState): boolean {
  return !asleep && !dead && !PASSIVE.has(node.op.kind);
}

/** Operations that somebody else ends. */
const PASSIVE = new Set<number>([OPS.idle, OPS.fail, OPS.boot]);

/** Would it be a preemption if another thread ran now? */
export function insists(thread: ThreadState | undefined): boolean {
  if (thread === undefined || !isRunning(thread)) return false;
  const { kind, x } = thread.node.op;
  return kind !== OPS.work || x === 0;
}
