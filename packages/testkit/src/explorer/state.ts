/** The state of the machine. */
import type { HistoryNode } from "./thread-replayer.js";
import type { ProcessState } from "./process.js";
import { OPS } from "./protocol.js";

/** A waiter in the list of a word, first come, first served. */
export interface Waiter {
  readonly word: number;
  /** The value of the word when the wait began. */
  readonly value: number;
  readonly thread: number;
  /** The number of the promise, or ASLEEP for a thread that blocks. */
  readonly promise: number;
  readonly due: number;
}
export const ASLEEP = -1;
/** The word of a pause: none of the model. */
export const NOWHERE = -1;

interface Timer {
  readonly number: number;
  readonly due: number;
}

/** A registered long wait: the supervisor wakes it after deaths. */
interface BlockedWait {
  /** How many deaths were announced when it began. */
  readonly knownDeaths: number;
  /** The word it waits on, or NOWHERE. */
  readonly word: number;
}

/** A death action: counts holders, sets bits of a word, then wakes all waiters of the word. */
export interface DeathAction {
  readonly word: number;
  /** 0: only the wake is left. */
  readonly bits: number;
  /** The word that counts holders; NOWHERE if there is none, or after the count. */
  readonly holders: number;
  /** Does the word count this thread? */
  readonly counts: boolean;
  /** Are the bits set in any case, or only if the thread died while `pending` was set? */
  readonly isCertain: boolean;
  readonly pending: number;
}

export interface ThreadState {
  readonly node: HistoryNode;
  /** Blocked in `Atomics.wait`. */
  readonly asleep: boolean;
  /** Killed before it finished. For an agent: ended. */
  readonly dead: boolean;
  /** Events that are due in its event loop, in order. */
  readonly ready: readonly number[];
  readonly timers: readonly Timer[];
  /** Signals that can still abort. */
  readonly signals: readonly number[];
  /** How many deaths its event loop has handled. */
  readonly seenDeaths: number;
  readonly blockedWait: BlockedWait | undefined;
  readonly deathActions: readonly DeathAction[];
}

export interface State {
  /** The model's words, then its notes. */
  readonly memory: Int32Array;
  readonly clock: number;
  /** How many ticks have passed. */
  readonly ticks: number;
  readonly queue: readonly Waiter[];
  readonly threads: readonly ThreadState[];
  /** The dead threads whose death was announced, in order. */
  readonly announcedDeaths: readonly number[];
  /**
   * The threads that the last step has changed. Only they may die now: for any other thread the
   * same death was a choice one step earlier.
   */
  readonly changed: readonly number[];
  /** Set if the threads are the agents of a process. */
  readonly process: ProcessState | undefined;
  /** The last thread that ran, and the number of preemptions. */
  readonly last: number;
  readonly preemptions: number;
  /** The error of a thread's failed check. */
  readonly wrong: string | undefined;
}

/** Has the thread finished by itself? */
export function hasFinished({ node }: ThreadState): boolean {
  return node.op.kind === OPS.idle && node.op.x === 1;
}

/** Will the thread do nothing more? True for an agent that was never started, too. */
export function hasEnded(thread: ThreadState): boolean {
  return thread.dead || hasFinished(thread) || thread.node.op.kind === OPS.boot;
}

/** Is the thread about to run an operation? */
export function isRunning({ node, asleep, dead }: ThreadState): boolean {
  return !asleep && !dead && !PASSIVE.has(node.op.kind);
}

/** Operations that the thread cannot end by itself. */
const PASSIVE = new Set<number>([OPS.idle, OPS.fail, OPS.boot]);

/** Is a switch from this thread a preemption? */
export function wouldPreempt(thread: ThreadState | undefined): boolean {
  if (thread === undefined || !isRunning(thread)) return false;
  const { kind, x } = thread.node.op;
  return kind !== OPS.work || x === 0;
}
