/** What a thread is made with: the types, by which arguments follow the target's parameters, and the checks. */
import { describe } from "@x/core";
import {
  type ArgumentsOf,
  type ButLast,
  callableName,
  checkKeys,
  isTarget,
  type Keywords,
  type Runnable,
} from "@x/core/internal";

/** What a thread is made with. */
export type ThreadOptions<A extends readonly unknown[] = never[], R = unknown> = {
  /**
   * What the thread calls: a function, sync or async, or an object of an exposed class with a `call` method. Default: nothing, `run` is
   * to be overridden.
   */
  readonly target?: Runnable<A, R> | null | undefined;
  /** What reports call the thread. Need not be unique. Default: `Thread-N`, and the target's name in brackets. */
  readonly name?: string | undefined;
  /** Does the process end without waiting for the thread? Default: as the thread that makes this one. */
  readonly daemon?: boolean | undefined;
} & ArgumentOptions<A>;

/** The arguments as the target wants them; any, if nothing says what it wants. */
type ArgumentOptions<A extends readonly unknown[]> = [never[], A] extends [A, readonly never[]]
  ? AnyArguments
  : ([Keywords<A>] extends [never] ? never : AllButLast<A>) | ([] extends A ? OptionalArguments<A> : Arguments<A>);

interface AnyArguments {
  /** The arguments that the target is called with, copied. Default: none. */
  readonly args?: readonly unknown[] | undefined;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs?: object | undefined;
}

interface Arguments<A extends readonly unknown[]> {
  /** The arguments that the target is called with, copied. */
  readonly args: ArgumentsOf<A>;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs?: undefined;
}

interface OptionalArguments<A extends readonly unknown[]> {
  /** The arguments that the target is called with, copied. Default: none. */
  readonly args?: ArgumentsOf<A> | undefined;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs?: undefined;
}

interface AllButLast<A extends readonly unknown[]> {
  /** The arguments that the target is called with before `kwargs`, copied. Default: none. */
  readonly args?: readonly [...ButLast<A>] | undefined;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs: Keywords<A>;
}

interface CheckedOptions {
  readonly target: unknown;
  readonly name: string | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
  readonly daemon: boolean | undefined;
}

const OPTIONS = ["target", "args", "kwargs", "name", "daemon"];
const ALIASES = {
  func: "target",
  fn: "target",
  f: "target",
  function: "target",
  callback: "target",
  arguments: "args",
  params: "args",
};

/** Throws TypeError unless the options are of their kind, and there are no others. */
export function checkOptions(options: unknown = {}): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`thread: expected { target, args, … }, got ${describe(options)}; write new Thread({ target })`);
  }
  checkKeys(options, OPTIONS, "thread", ALIASES);
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
