/**
 * What the explorer and its workers say to each other, in one shared buffer per worker. The worker asks: it names the
 * operation that it is about to do, and stops. The explorer answers with the operation's result, or has it begin anew.
 *
 *   integers  TURN     whose turn it is
 *             COMMAND  what the explorer wants
 *             RESULTS  how many results follow
 *             LETTERS  how many bytes of text follow
 *   floats    the operation, then the results
 *   bytes     text: which thread to run as, or what went wrong
 */

/** Operations. Those from `note` on are invisible to other threads: they happen together with the operation before them. */
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
  obituary: 20,
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
  beginVigil: 36,
  endVigil: 37,
  will: 38,
  open: 39,
  listen: 40,
  close: 41,
  alive: 42,
} as const;

export const OP_NAMES = new Map<number, string>(Object.entries(OPS).map(([name, op]) => [op, name]));

/** What `performance.timeOrigin` is in all threads. */
export const TIME_ORIGIN = 1_700_000_000_000;

/** Milliseconds after which a sleep becomes a vigil, in models in which threads die. */
export const PATIENCE = 200;

/** Results of `wait` and `waitAsync`. */
export const WOKEN = { ok: 0, notEqual: 1, timedOut: 2 } as const;

/**
 * Results of `idle`: what the event loop brings, with the number of the promise, timer, signal, port or worker; or the news that
 * somebody died.
 */
export const TURNS = { ok: 0, timedOut: 1, timer: 2, abort: 3, death: 4, message: 5, close: 6, exit: 7 } as const;
export const TURN_KINDS = 8;

/** With a message comes the number of its port, below this; with an exit that of the worker. */
export const PORTS_MAX = 512;

/** Words of the memory that a process shares are numbered by region and index in it; others by their index alone. */
export const REGION_WORDS: number = 2 ** 24;

export const CONTROL = {
  TURN: 0,
  COMMAND: 1,
  RESULTS: 2,
  LETTERS: 3,

  OP_AT: 32,
  OP_LENGTH: 8,
  RESULTS_AT: 32 + 8 * 8,
  RESULTS_MAX: 4000,
  TEXT_AT: 32 + 8 * 8 + 8 * 4000,
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
    PATIENCE: number;
    PORTS_MAX: number;
    REGION_WORDS: number;
    CONTROL: typeof CONTROL;
  };
}

/** As whom a worker runs. */
export interface Role {
  readonly body: string;
  readonly args?: unknown;
  /** Its number, from 1 on. */
  readonly number: number;
  readonly quiet: boolean;
  /** May threads die? Then somebody sees it. */
  readonly supervised: boolean;
  readonly words: number;
  readonly notes: readonly string[];
  /** Is it an agent of a process: main, which is number 1, or a worker? */
  readonly isAgent: boolean;
}

/** What comes with a command as text. */
export interface Letter {
  readonly role?: Role;
  /** Messages that the worker has not seen yet, by number. */
  readonly mails: readonly (readonly [number: number, text: string])[];
}
