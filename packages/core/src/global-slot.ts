import { type Clock, newClock } from "./platform/clock.js";
import type { Wait } from "./wait/steps.js";

/**
 * What this thread knows of itself, in one object per thread however many copies of this package were loaded
 * (ESM beside CommonJS, two versions): a lock that one copy packed can be unpacked by another.
 */
export interface Realm {
  /** The number of this thread, 0 until somebody asks. */
  ident: number;
  /** The real clock, as it was before anybody could replace it. */
  readonly clock: Clock;
  /** How to rebuild what other threads packed, and the module that can, by kind. */
  readonly kinds: Map<string, Kind>;
  /** Classes, other than the language's own, that errors may be rebuilt as, by name. */
  readonly errors: Map<string, ErrorConstructor>;
  /** Is told each time that this thread waits on a primitive, if somebody wants to know. */
  onWait: ((event: WaitEvent) => void) | undefined;
  /** How often a thread looks at a word before it sleeps on it: some 3 microseconds. */
  spinLimit: number;
  /** Is told of each primitive that this thread makes in new memory, by its kind, if somebody wants to know; see sync/creation-events.ts. */
  onPrimitiveMade: ((kind: string) => void) | undefined;
  /** Keeps what shall happen if the thread that runs here dies; returns the word that becomes {@link DeathAction.mark}. */
  recordDeathAction: ((will: DeathAction) => Words | undefined) | undefined;
  /** The primitives that this thread counts as held by itself, as nothing sees it die; see wait/death-action.ts. */
  readonly countedHolders: WeakMap<Int32Array, Set<number>>;
  /** The views of slabs that this thread has, by what the slabs call themselves; see memory/slab-header.ts. */
  readonly slabs: Map<string, WeakRef<Int32Array>>;
  /** The objects that stand for primitives which have travelled, by their words and kind; see transfer/known-objects.ts. */
  readonly objects: WeakMap<Int32Array, Map<string, (Words | undefined)[]>>;
  /** The kind of the primitives that have this prototype. */
  readonly kindOf: WeakMap<object, string>;
  /** Whoever can see threads die. */
  deathMonitor: DeathMonitor | undefined;
  /** Which threads have died; see wait/deaths.ts. */
  deaths: Int32Array | undefined;
  /** What this thread is to do once it has freed a lock; see wait/deferred.ts. */
  readonly deferred: Deferred[];
  /** Exposed functions and classes: module URL → name → value. */
  readonly exposed: Map<string, Map<string, Callable>>;
  /** And back: where others find this function or class. */
  readonly origins: WeakMap<Callable, ExportRef>;
  /** The words that tasks of this thread await. */
  readonly awaited: Set<AwaitedWord>;
  /** The idents of dead owners, by the errors that tell of them; see sync/exclusive.ts. */
  readonly owners: WeakMap<Error, number>;
  /** The copies of packages that work for all copies, by package; see copies.ts. */
  readonly copies: Map<string, object[]>;
}

/** A word that tasks await, whichever copy of this package they use. */
interface AwaitedWord {
  /** What each of the tasks waits for, and since when by this thread's clock. */
  waits(): readonly { readonly on: string; readonly since: number }[];
  /** The tasks look again. */
  recheck(): void;
  /** They look once more, and leave if they would have to wait on: the supervisor is dead. */
  abandon(): void;
}

/** What is put off until this thread has freed the lock whose word this is. */
export interface Deferred {
  readonly words: Int32Array;
  readonly at: number;
  readonly task: () => void;
}

/** A word that is to be changed if a thread dies: these bits are set, and who waits on it is woken. */
export interface DeathAction {
  /** The words of the primitive. */
  readonly words: Int32Array;
  /** Which of them is changed. */
  readonly index: number;
  /** Which bits of it are set. */
  readonly bits: number;
  /**
   * Where the same words count the living threads that hold the primitive; see wait/death-action.ts. Then the bits are set only if the thread dies in the
   * midst of what its {@link mark} says.
   */
  readonly holders?: number | undefined;
  /** Is this thread counted there? */
  readonly counts?: boolean | undefined;
  /** What the thread is in the midst of: the word as the thread found it, apart from `bits`. 0 if it was never. */
  readonly mark?: Words | undefined;
}

/** Words in shared memory: a view, and the index in it of the first. */
export interface Words {
  /** The view; it may hold those of others as well. */
  readonly words: Int32Array;
  /** The index of the first. */
  readonly at: number;
}

/** Whoever can see threads die, as the threads that live talk to it. */
export interface DeathMonitor {
  /** Milliseconds after which a sleep becomes a vigil. */
  readonly longWaitMs: number;
  /**
   * The vigil of this thread, which has waited for long on `on`. Made before it looks once more at what it waits for.
   *
   * @param mayFail may it be told that there is no hope?
   */
  registerBlockedWait(on: Blocker, mayFail: boolean): BlockedWait;
  /** How the thread of this number died; undefined if it did not. */
  deathOf(ident: number): DeathRecord | undefined;
  /** Why nothing sees deaths any more: the supervisor is dead. All waits of this thread but sleeps throw this then. */
  readonly lost: Error | undefined;
}

/** A long wait of this thread, in which it is woken, to look again, whenever another thread has died. */
export interface BlockedWait {
  /** It is about to sleep on this. */
  enter(wait: Wait): void;
  /** Milliseconds after which a sleeper {@link isStale}s whether the supervisor is alive; Infinity where it need not. */
  readonly nap: number;
  /** Says whether something was lost: then the sleeper looks at its words again. */
  isStale(): boolean;
  /** It is awake. Returns why it should wait no more, if there is a reason. */
  leave(): Error | undefined;
}

/** What is waited for, in reports: its package alone, or the thing itself. */
export type Blocker =
  | string
  | {
      /** The package it is from: `lock`, `event`, … */
      readonly packageName: string;
      /** What it is, and where: `Lock at 0x5f3a1c0040`. */
      readonly label: string;
    };

/** Of a thread that has died: by an error that nobody caught, `process.exit`, `terminate`, or for want of memory. */
export interface DeathRecord {
  /** The name of the thread. */
  readonly name: string;
  /** What it died of. */
  readonly cause: unknown;
}

/** A thread, or a task of it, begins or ends to wait. */
export interface WaitEvent {
  /** Does it begin to wait, or end? */
  readonly event: "block" | "unblock";
  /** What it waits for, by the package that it is from: `lock`, `event`, `thread`, … */
  readonly on: string;
  /** Does a task wait, rather than the whole thread? */
  readonly isTask: boolean;
  /** Milliseconds that it has waited; 0 at the beginning. */
  readonly waited: number;
}

/** A kind of object that travels as data and is rebuilt. */
interface Kind {
  /** The URL of the module that registers the kind. */
  readonly moduleUrl: string;
  readonly revive: (data: never) => unknown;
}

/** Any function or class. */
export type Callable = (abstract new (...args: never) => unknown) | ((...args: never) => unknown);

/** Where an exposed function or class is to be found. */
export interface ExportRef {
  /** The URL of the module that exposes it. */
  readonly url: string;
  /** By which name. */
  readonly name: string;
}

/**
 * Copies that know a realm of this number understand each other. Raise it for a change that older copies would get wrong; a field
 * more is none, because each copy adds the fields that it misses.
 */
const KEY = Symbol.for("@x/core realm 1");

const fresh: Realm = {
  ident: 0,
  clock: newClock(),
  spinLimit: 700,
  onWait: undefined,
  onPrimitiveMade: undefined,
  recordDeathAction: undefined,
  countedHolders: new WeakMap(),
  slabs: new Map(),
  objects: new WeakMap(),
  kindOf: new WeakMap(),
  deathMonitor: undefined,
  deaths: undefined,
  deferred: [],
  kinds: new Map(),
  errors: new Map(),
  exposed: new Map(),
  origins: new WeakMap(),
  awaited: new Set(),
  owners: new WeakMap(),
  copies: new Map(),
};

const found = ((globalThis as { [KEY]?: Realm })[KEY] ??= fresh);
if (found !== fresh) Object.assign(found, { ...fresh, ...found });

export const realm: Realm = found;

/** The real clock of this thread. */
export const { clock } = realm;
