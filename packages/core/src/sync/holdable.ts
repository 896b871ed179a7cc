/** The base of primitives that a thread or a task acquires and releases. */
import { type AsyncOptions, describe, isPromise } from "../check.js";
import { OwnerDiedError, TimeoutError } from "../errors.js";
import type { Sync } from "../transfer/target.js";
import { kindOf, Primitive, packageNameOf } from "./primitive.js";
import { uncloneable } from "./uncloneable.js";

declare global {
  // TypeScript's library has these since 5.2, with lib esnext.disposable; @types/node declares the same.
  // With these declarations, `using` needs neither.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** `Symbol.dispose`, or a symbol in its place if the engine has none (WebKit). */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);

const HELD = /* @__PURE__ */ uncloneable("core: what hold() returned", "it is of use only in the thread that holds");

/** A held primitive, for `using`: released at the end of the block. */
export class Held implements Disposable {
  /** @internal */
  readonly uncloneable: object = HELD;
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

/** A primitive that blocking threads acquire and release. */
export abstract class Holdable extends Primitive {
  /** Acquires, and blocks this thread until then; returns false after `timeout` milliseconds. */
  abstract acquire(timeout?: number): boolean;
  /** Releases. */
  abstract release(): void;

  /**
   * Acquires, and releases at the end of the block: Python's `with`.
   *
   *     { using held = lock.hold(); tally[0]++; }
   *
   * @param timeout milliseconds; Infinity waits for ever
   * @throws TimeoutError after `timeout`; the errors of `acquire`, and on OwnerDiedError it is released again
   * @see Python `with lock:`
   */
  hold(timeout: number = Infinity): Held {
    if (!enter(this, timeout)) throw timedOut(this, timeout);
    return new Held(() => this.release());
  }

  /**
   * Acquires, calls `body`, releases in any case, and returns the result of `body`.
   *
   *     const next = lock.with(() => ++tally[0]);
   *
   * `body` must not be async, because the release would come before its end; use
   * {@link AsyncHoldable.withAsync}.
   *
   * @throws TypeError if `body` is not a function, or returns a promise (after the release); the errors of
   *   `acquire`, without running `body` (on OwnerDiedError it is released again); the errors of `body`
   * @see Python `with lock:`
   */
  with<R>(body: () => Sync<R>): R {
    if (typeof body !== "function")
      throw new TypeError(`${packageNameOf(kindOf(this))}: with takes a function, got ${describe(body)}`);
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

/** A primitive that tasks acquire and release as well. */
export abstract class AsyncHoldable extends Holdable {
  /** {@link acquire} for tasks: the thread returns to its event loop meanwhile. */
  abstract acquireAsync(options?: AsyncOptions): Promise<boolean>;

  /**
   * {@link hold} for tasks: the thread returns to its event loop while the task waits.
   *
   *     { using held = await lock.holdAsync({ signal }); await save(tally); }
   *
   * @throws TimeoutError after the timeout; `signal.reason` on abort; the errors of `acquireAsync`, and on
   *   OwnerDiedError it is released again
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
   * @throws TypeError if `body` is not a function; the errors of `holdAsync`, without running `body`; the
   *   errors of `body`
   */
  async withAsync<R>(body: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<R> {
    if (typeof body !== "function") {
      throw new TypeError(`${packageNameOf(kindOf(this))}: withAsync takes a function, got ${describe(body)}`);
    }
    const held = await this.holdAsync(options);
    try {
      return await body();
    } finally {
      held.release();
    }
  }
}

// Functions, because a #private method would add a hidden property to each object of the class.

/** Acquires. On OwnerDiedError it releases again, because the caller cannot. */
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
  return new TimeoutError(`${packageNameOf(kindOf(self))}: not acquired within ${timeout} ms`);
}

function promised(self: Primitive): TypeError {
  return new TypeError(
    `${packageNameOf(kindOf(self))}: the function given to with() returned a promise, which was not waited for; use withAsync()`,
  );
}
