/** A primitive that a thread or a task acquires and releases. */
import { type AsyncOptions, describe, isPromise } from "../check.js";
import { OwnerDiedError, TimeoutError } from "../errors.js";
import type { Sync } from "../transfer/target.js";
import { kindOf, Primitive, who } from "./primitive.js";

declare global {
  // TypeScript's library has these since 5.2, and only if it is told to; @types/node declares them alike. So `using` needs neither.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** `Symbol.dispose`, also where the engine has none yet (WebKit). */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);

const HELD = Symbol("what hold() returned, which is of use only in the thread that holds,");

/** What `using` holds: releases when the block is left. */
export class Held implements Disposable {
  /** @internal */
  readonly uncloneable: symbol = HELD;
  #release: (() => void) | undefined;

  /** @internal */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** Releases now rather than at the end of the block; a second call does nothing. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  [DISPOSE](): void {
    this.release();
  }
}

/** What can be held and let go, by threads that block. */
export abstract class Holdable extends Primitive {
  /** Takes it, blocking this thread; false if `timeout` milliseconds passed before. */
  abstract acquire(timeout?: number): boolean;
  /** Lets it go. */
  abstract release(): void;

  /**
   * Acquires, and releases when the block is left: Python's `with`.
   *
   *     { using held = lock.hold(); tally[0]++; }
   *
   * @param timeout milliseconds; Infinity waits for ever
   * @throws TimeoutError if the time ran out; what `acquire` throws; on OwnerDiedError it is released again
   * @see Python `with lock:`
   */
  hold(timeout: number = Infinity): Held {
    if (!enter(this, timeout)) throw timedOut(this, timeout);
    return new Held(() => this.release());
  }

  /**
   * Acquires, calls `body`, releases whatever happened, and returns what `body` returned.
   *
   *     const next = lock.with(() => ++tally[0]);
   *
   * `body` must not be async: the release would come before its end. Use {@link AsyncHoldable.withAsync}.
   *
   * @throws TypeError if body is not a function, or returned a promise (after releasing); what `acquire` throws, and then body
   *   has not run (on OwnerDiedError it is released again); and what `body` throws
   * @see Python `with lock:`
   */
  with<R>(body: () => Sync<R>): R {
    if (typeof body !== "function")
      throw new TypeError(`${who(kindOf(this))}: with takes a function, got ${describe(body)}`);
    enter(this, Infinity);
    let result: R;
    try {
      result = body();
    } finally {
      this.release();
    }
    if (isPromise(result)) throw promised(this);
    return result;
  }
}

/** What tasks can hold as well. */
export abstract class AsyncHoldable extends Holdable {
  /** {@link acquire} for tasks: gives way to the event loop. */
  abstract acquireAsync(options?: AsyncOptions): Promise<boolean>;

  /**
   * {@link hold} for tasks: gives way to the event loop while waiting.
   *
   *     { using held = await lock.holdAsync({ signal }); await save(tally); }
   *
   * @throws TimeoutError if the time ran out; `signal.reason` on abort; what `acquireAsync` throws; on OwnerDiedError it is
   *   released again
   */
  async holdAsync(options?: AsyncOptions): Promise<Held> {
    if (!(await enterAsync(this, options)))
      throw timedOut(this, typeof options === "number" ? options : options?.timeout);
    return new Held(() => this.release());
  }

  /**
   * {@link with} for tasks: `body` may be async, and is awaited before the release.
   *
   *     await lock.withAsync(async () => { await save(tally); });
   *
   * @throws TypeError if body is not a function; what `holdAsync` throws, and then body has not run; and what `body` throws
   */
  async withAsync<R>(body: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<R> {
    if (typeof body !== "function") {
      throw new TypeError(`${who(kindOf(this))}: withAsync takes a function, got ${describe(body)}`);
    }
    const held = await this.holdAsync(options);
    try {
      return await body();
    } finally {
      held.release();
    }
  }
}

// Functions, not #private methods: a class that has one of those marks each of its objects, by a property more to make and to keep.

/** Acquires for those who cannot release unless this returns. */
function enter(lock: Holdable, timeout: number): boolean {
  try {
    return lock.acquire(timeout);
  } catch (error) {
    if (error instanceof OwnerDiedError) lock.release();
    throw error;
  }
}

async function enterAsync(lock: AsyncHoldable, options: AsyncOptions | undefined): Promise<boolean> {
  try {
    return await lock.acquireAsync(options);
  } catch (error) {
    if (error instanceof OwnerDiedError) lock.release();
    throw error;
  }
}

function timedOut(self: Primitive, timeout: number | undefined): TimeoutError {
  return new TimeoutError(`${who(kindOf(self))}: not acquired within ${timeout} ms`);
}

function promised(self: Primitive): TypeError {
  return new TypeError(
    `${who(kindOf(self))}: the function given to with() returned a promise, which was not waited for; use withAsync()`,
  );
}
