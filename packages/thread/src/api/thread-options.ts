/** The options of a thread: their types and their checks. By the types `args` match the target. */
import { type AbortSignalLike, describe } from "@x/core";
import {
  type ArgumentsOf,
  type ButLast,
  callableName,
  checkKeys,
  checkSignal,
  checkTransfer,
  isTarget,
  type Keywords,
  type ThreadTarget,
} from "@x/core/internal";

/** The options of a thread. */
export type ThreadOptions<A extends readonly unknown[] = never[], R = unknown> = {
  /**
   * The function for the thread to call, sync or async, or an object of an exposed class with a
   * `call` method. Default: none; then a subclass overrides `run`.
   */
  readonly target?: ThreadTarget<A, R> | null | undefined;
  /**
   * The thread's name in reports. It need not be unique. Default: `Thread-N`, and the target's name
   * in brackets.
   */
  readonly name?: string | undefined;
  /**
   * True if the process ends without waiting for the thread. Default: the value of the thread that
   * makes this thread.
   */
  readonly daemon?: boolean | undefined;
  /**
   * Ends the thread on abort, like `terminate`: at any point of its JavaScript. Then `result` throws a ThreadError.
   * The error's cause is the reason of the abort. The starter hears the signal in its event loop, so not while it
   * blocks: use `joinAsync` or `resultAsync`. Default: none.
   */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * Objects in the arguments to move to the thread at the start, instead of being copied: `ArrayBuffer`s, ports,
   * streams, and all else that the runtime can transfer. The starter loses them. Default: none.
   */
  readonly transfer?: readonly object[] | undefined;
} & ArgumentOptions<A>;

/** Arguments of the types of the target's parameters; any, if its parameters are unknown. */
type ArgumentOptions<A extends readonly unknown[]> = [never[], A] extends [A, readonly never[]]
  ? AnyArguments
  : ([Keywords<A>] extends [never] ? never : AllButLast<A>) | ([] extends A ? OptionalArguments<A> : Arguments<A>);

interface AnyArguments {
  /** The arguments of the target, copied. Default: none. */
  readonly args?: readonly unknown[] | undefined;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs?: object | undefined;
}

interface Arguments<A extends readonly unknown[]> {
  /** The arguments of the target, copied. */
  readonly args: ArgumentsOf<A>;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs?: undefined;
}

interface OptionalArguments<A extends readonly unknown[]> {
  /** The arguments of the target, copied. Default: none. */
  readonly args?: ArgumentsOf<A> | undefined;
  /** An object that becomes the target's last argument: its keyword arguments. */
  readonly kwargs?: undefined;
}

interface AllButLast<A extends readonly unknown[]> {
  /** The arguments of the target before `kwargs`, copied. Default: none. */
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
  readonly signal: AbortSignalLike | undefined;
  readonly transfer: readonly object[];
}

const OPTIONS = ["target", "args", "kwargs", "name", "daemon", "signal", "transfer"];
const NONE: readonly object[] = [];
const ALIASES = {
  func: "target",
  fn: "target",
  f: "target",
  function: "target",
  callback: "target",
  arguments: "args",
  params: "args",
  transferList: "transfer",
  abortSignal: "signal",
};

/** Throws TypeError for an option of the wrong type, or with an unknown name. */
export function checkOptions(options: unknown = {}): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`thread: expected { target, args, … }, got ${describe(options)}; write new Thread({ target })`);
  }
  checkKeys(options, OPTIONS, "thread", ALIASES);
  const { target, name, args = [], kwargs, daemon, signal, transfer } = options as Partial<CheckedOptions>;
  const of = callableName(target) === "" ? "the thread" : `the thread of ${callableName(target)}`;
  if (target !== undefined && target !== null && !isTarget(target)) {
    throw new TypeError(
      `thread: target must be a function, or an object with a call method, got ${describe(target)}; ` +
        `pass the function itself, and its arguments as args`,
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
  checkSignal(signal, "thread");
  return {
    target,
    name: name === undefined || name === null ? undefined : nameFrom(name),
    args,
    kwargs,
    daemon,
    signal,
    transfer: transfer === undefined ? NONE : checkTransfer(transfer, "thread"),
  };
}

/** Converts the value to a string; throws TypeError if it cannot. */
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
