/** What a thread is made with: the types, by which arguments follow the target's parameters, and the checks. */
import { callableName, describe, isTarget } from "@x/core";

/** Arguments without the last one. */
type ButLast<A extends readonly unknown[]> =
  Required<A> extends readonly [...infer Rest, unknown] ? Rest : readonly unknown[];
/** The last of the arguments. */
type Last<A extends readonly unknown[]> = Required<A> extends readonly [...unknown[], infer L] ? L : unknown;

/** An object of an exposed class with a `call` method. Functions have one too, but are not meant: hence `apply`. */
export type CallableObject<A extends readonly unknown[], R> = {
  call(...args: A): R | PromiseLike<R>;
  readonly apply?: never;
};

/** What can be run: a function, or an object of an exposed class with a `call` method. */
export type Runnable<A extends readonly unknown[], R> = ((...args: A) => R | PromiseLike<R>) | CallableObject<A, R>;

/** What a thread is made with. */
export type ThreadOptions<A extends readonly unknown[] = never, R = unknown, T = Runnable<A, R>> = {
  /** What the thread calls; without one, `run` is to be overridden. */
  readonly target?: T | null | undefined;
  /** Default `Thread-N`, and the target's name in brackets. Need not be unique. */
  readonly name?: string | undefined;
  /** A daemon does not hold the process. Default: as the thread that makes this one. */
  readonly daemon?: boolean | undefined;
} & ArgumentOptions<A>;

type ArgumentOptions<A extends readonly unknown[]> = [A] extends [never]
  ? { readonly args?: readonly unknown[] | undefined; readonly kwargs?: object | undefined }
  : | ([] extends A ? { readonly args?: NoGuess<A> | undefined } : { readonly args: NoGuess<A> })
    | { readonly args?: NoGuess<ButLast<A>>; readonly kwargs: NoGuess<Last<A>> };

/** A place from which TypeScript does not guess A: the target says what it is. */
type NoGuess<A> = [Readonly<A>][A extends unknown ? 0 : never];

interface CheckedOptions {
  readonly target: unknown;
  readonly name: string | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
  readonly daemon: boolean | undefined;
}

/** Throws TypeError unless the options are of their kind. */
export function checkOptions(options: unknown = {}): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`thread: expected { target, args, … }, got ${describe(options)}; write new Thread({ target })`);
  }
  const { target, name, args = [], kwargs, daemon } = options as Partial<CheckedOptions>;
  const of = callableName(target) === "" ? "the thread" : `the thread of ${callableName(target)}`;
  if (target !== undefined && target !== null && !isTarget(target)) {
    throw new TypeError(
      `thread: target must be a function, or an object with a call method, got ${describe(target)}; ` +
        `pass the function itself, and what it is to be called with as args`,
    );
  }
  if (!Array.isArray(args)) {
    const cure =
      typeof args === "object" && args !== null
        ? "for one object of options use kwargs"
        : `write args: [${describe(args)}]`;
    throw new TypeError(`thread: args of ${of} must be an array of arguments, got ${describe(args)}; ${cure}`);
  }
  if (kwargs !== undefined && (typeof kwargs !== "object" || kwargs === null)) {
    throw new TypeError(
      `thread: kwargs of ${of} must be an object, got ${describe(kwargs)}; it becomes the last argument`,
    );
  }
  if (daemon !== undefined) checkDaemon(daemon);
  return { target, name: name === undefined || name === null ? undefined : nameFrom(name), args, kwargs, daemon };
}

/** Whatever it is becomes a string, if it can. */
export function nameFrom(value: unknown): string {
  try {
    return String(value);
  } catch (cause) {
    throw new TypeError(`thread: name must be a string, or become one, got ${describe(value)}`, { cause });
  }
}

export function checkDaemon(daemon: unknown): asserts daemon is boolean {
  if (typeof daemon !== "boolean") throw new TypeError(`thread: daemon must be true or false, got ${describe(daemon)}`);
}
