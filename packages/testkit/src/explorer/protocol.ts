/**
 * The protocol between the explorer and a worker, in a shared buffer. The worker writes its pending
 * operation and stops. The explorer answers with the result, or restarts the worker.
 *
 * An answer takes a switch between two threads of the system, and that takes longer than the operation. So the worker
 * does not stop at each operation. It gets a copy of the memory, and runs on as if no other thread ran: it finds the results in its
 * copy. It stops if it cannot know a result. The explorer keeps the operations with these results. If it needs another
 * result, because another thread ran in between, it restarts the worker.
 *
 *   integers  TURN     whose turn it is
 *             COMMAND  what the explorer wants
 *             RESULTS  how many results follow
 *             BYTES    how many bytes of text follow
 *             OPS      how many operations follow; the last is pending
 *             WORDS    how many words of memory follow
 *             DEATHS   a bit for each thread whose death was announced
 *   floats    the clock, the operations, the results
 *   words     the memory
 *   bytes     text: which thread to run as, or what went wrong
 */

/**
 * Operations. From `note` on they are invisible to other threads: they run together with the
 * operation before them.
 */
export const OPS = {
  load: 1,
  store: 2,
  compareExchange: 3,
  exchange: 4,
  add: 5,
  sub: 6,
  and: 7,
  or: 8,
  xor: 9,
  read: 10,
  write: 11,
  wait: 12,
  waitAsync: 13,
  notify: 14,
  clock: 15,
  work: 16,
  idle: 17,
  fail: 18,
  pause: 19,
  deathOf: 20,
  registerBlockedWait: 21,
  boot: 22,
  start: 23,
  terminate: 24,
  exit: 25,
  post: 26,
  take: 27,
  isGone: 28,
  note: 32,
  setTimer: 33,
  clearTimer: 34,
  signal: 35,
  enterBlockedWait: 36,
  leaveBlockedWait: 37,
  deathAction: 38,
  open: 39,
  listen: 40,
  close: 41,
  alive: 42,
} as const;

export const OP_NAMES = new Map<number, string>(Object.entries(OPS).map(([name, op]) => [op, name]));

/** The value of `performance.timeOrigin` in all threads. */
export const TIME_ORIGIN = 1_700_000_000_000;

/** 200 ms: a longer wait registers with the supervisor, in models with deaths. */
export const LONG_WAIT_MS = 200;

/** The results of `wait` and `waitAsync`. */
export const WOKEN = { ok: 0, notEqual: 1, timedOut: 2 } as const;

/** The results of `idle`: an event, and the number of its promise, timer, signal, port or worker. */
export const TURNS = { ok: 0, timedOut: 1, timer: 2, abort: 3, death: 4, message: 5, close: 6, exit: 7 } as const;
export const TURN_KINDS = 8;

/** A message event also carries its port's number, below this; an exit event its worker's. */
export const PORTS_MAX = 512;

/** A place in the memory of a process is region × REGION_WORDS + index; elsewhere it is the index alone. */
export const REGION_WORDS: number = 2 ** 24;

export const CONTROL = {
  TURN: 0,
  COMMAND: 1,
  RESULTS: 2,
  BYTES: 3,
  OPS: 4,
  WORDS: 5,
  DEATHS: 6,

  CLOCK_AT: 32,
  OPS_AT: 40,
  /** An operation has 8 numbers, and the result that the worker has found. */
  OP_LENGTH: 9,
  OPS_MAX: 500,
  RESULTS_AT: 40 + 8 * 9 * 500,
  RESULTS_MAX: 4000,
  MEMORY_AT: 40 + 8 * 9 * 500 + 8 * 4000,
  WORDS_MAX: 2000,
  TEXT_AT: 40 + 8 * 9 * 500 + 8 * 4000 + 4 * 2000,
  TEXT_MAX: 65536,

  EXPLORER: 0,
  WORKER: 1,

  CONTINUE: 0,
  RESTART: 1,
} as const;

export const CONTROL_BYTES: number = CONTROL.TEXT_AT + CONTROL.TEXT_MAX;

export interface WorkerSetup {
  readonly control: SharedArrayBuffer;
  readonly bodies: string;
  readonly protocol: {
    OPS: typeof OPS;
    WOKEN: typeof WOKEN;
    TURNS: typeof TURNS;
    TURN_KINDS: number;
    TIME_ORIGIN: number;
    LONG_WAIT_MS: number;
    PORTS_MAX: number;
    REGION_WORDS: number;
    CONTROL: typeof CONTROL;
  };
}

/** The role of a worker: a thread of the model. */
export interface Role {
  readonly body: string;
  readonly args?: unknown;
  /** Its number, from 1. */
  readonly number: number;
  readonly quiet: boolean;
  /** May threads die? Then there is a simulated supervisor. */
  readonly supervised: boolean;
  readonly words: number;
  readonly notes: readonly string[];
  /** Is it an agent of a process? Main is number 1. */
  readonly isAgent: boolean;
}

/** The text of a command. */
export interface Letter {
  readonly role?: Role;
  /** Messages that are new to the worker, by number. */
  readonly mails: readonly (readonly [number: number, text: string])[];
}
