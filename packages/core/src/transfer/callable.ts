/**
 * Callables for other threads: a function, or an object with a `call` method.
 *
 * An exposed callable travels by its name. Any other function travels as its text, and is
 * re-created from it in strict mode, as if it stood alone in a module. So it must use nothing from
 * around it: no variable, no import, no `this`. A missing name is an error with the cause and the
 * cure. One case is silent: if an import has the name of a global, such as `Event`, the function
 * uses the global.
 */
import { describe, functionName, ifItThrows, isPromise } from "../check.js";
import { type Callable, isInFile, exportRefOf } from "./expose.js";
import { isRootPrototype } from "./structured-clone.js";

/** A function, or an object with a `call` method. */
export type Target<A extends readonly unknown[] = never, R = unknown> =
  | ((...args: A) => R)
  | {
      /** The method to call. The class must be exposed. */
      call(...args: A): R;
      /** Excludes functions, which have a `call`, too. */
      readonly apply?: never;
    };

const SOURCE = "@x/core source of a function";

/** A function that is not exposed, as its text. */
export interface FunctionSource {
  /** The text of the function. */
  readonly [SOURCE]: string;
  /** Its name, for reports; empty if it has none. */
  readonly name: string;
}

/** A callable that can be packed; the receiver calls it with {@link callTransferred}. */
export type TransferableCallable = Target | FunctionSource;

/**
 * Prepares a callable for `pack`.
 *
 * @throws TypeError if it is a built-in or bound function, or an object of a class that is not exposed
 */
export function transferableCallable(target: TransferableCallable, packageName: string): TransferableCallable {
  if (SOURCE in target) return target;
  if (typeof target !== "function") return withExposedClass(target, packageName);
  const exportRef = exportRefOf(target);
  if (exportRef !== undefined && isInFile(exportRef)) return target;
  const source = Function.prototype.toString.call(target);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new TypeError(
      `${packageName}: ${describe(target)} is built in or bound, and has no text; wrap it in a function and expose that`,
    );
  }
  return { [SOURCE]: source, name: callableName(target) };
}

/**
 * Checks that the class of the object is exposed, because the receiver finds `call` by the class.
 */
function withExposedClass(target: object & Target, packageName: string): Target {
  const Class: unknown = target.constructor;
  if (typeof Class !== "function" || isRootPrototype(Object.getPrototypeOf(target) as object | null)) {
    throw new TypeError(
      `${packageName}: the target is an object with a call of its own, and no class to find that by; ` +
        `make the function itself the target, or write a class with a call method, and expose that`,
    );
  }
  if (exportRefOf(Class as Callable) === undefined) {
    throw new TypeError(
      `${packageName}: the target is an object of class ${Class.name}, which was not exposed; expose({ ${Class.name} })`,
    );
  }
  return target;
}

/** Calls the result of {@link transferableCallable}, in this thread or in the receiver. */
export function callTransferred(target: TransferableCallable, args: readonly unknown[]): unknown {
  if (SOURCE in target) return callSource(target, args);
  if (typeof target === "function") return target(...(args as never));
  return target.call(...(args as never));
}

/** Has it a `call` method? True for functions, too. */
export function isTarget(target: unknown): target is Target {
  return typeof (target as { call?: unknown } | null | undefined)?.call === "function";
}

/**
 * The name in reports: of the function, or of the object's class; empty if there is none. "target"
 * counts as none, because `{ target: () => … }` gives each function this name.
 */
export function callableName(target: unknown): string {
  if (typeof target !== "function") {
    const Class = (target as { constructor?: unknown } | null | undefined)?.constructor;
    return typeof Class === "function" ? exposedName(Class) : "";
  }
  const name = exposedName(target);
  return name === "target" ? "" : name;
}

/** The name by which it was exposed, or its own name, which a minifier may have changed. */
export function exposedName(f: object): string {
  return exportRefOf(f as Callable)?.name ?? functionName(f);
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** The re-created functions of this thread, by their text. */
const recreated = new Map<string, AnyFunction>();

function callSource(text: FunctionSource, args: readonly unknown[]): unknown {
  let f = recreated.get(text[SOURCE]);
  if (f === undefined) recreated.set(text[SOURCE], (f = evaluate(text)));
  let result: unknown;
  try {
    result = f(...args);
  } catch (error) {
    throw explained(error, text);
  }
  if (!isPromise(result)) return result;
  return result.catch((error: unknown) => {
    throw explained(error, text);
  });
}

/**
 * Re-creates the function in strict mode, as in all modules. In sloppy mode, an assignment to a
 * missing variable would silently make a global.
 */
function evaluate(text: FunctionSource): AnyFunction {
  const { [SOURCE]: source, name } = text;
  let cause: unknown;
  // The text of a method is no expression: `m(x) { … }`, `async m() { … }`, `*[key]() { … }`,
  // `get m() { … }`.
  for (const expression of [`(${source})`, `Object.values(Object.getOwnPropertyDescriptors({${source}}))[0]`]) {
    try {
      const made = (0, eval)(`"use strict";${expression}`) as AnyFunction | PropertyDescriptor;
      return typeof made === "function"
        ? made
        : (Object.values(made).find((part) => typeof part === "function") as AnyFunction);
    } catch (error) {
      if (error instanceof EvalError) {
        const where = "here code from text is forbidden, as by a Content-Security-Policy without 'unsafe-eval'";
        throw new TypeError(`core: ${name || "the function"} was not exposed, and ${where}; ${cure(name)}`, {
          cause: error,
        });
      }
      if (!(error instanceof SyntaxError)) throw explained(error, text);
      cause ??= error;
    }
  }
  throw new TypeError(`core: ${name || "the function"} cannot be re-created from its text; ${cure(name)}`, { cause });
}

/** Adds to the error why a name is missing in the re-created function, or has another value. */
function explained(error: unknown, text: FunctionSource): unknown {
  const reason = ifItThrows(undefined, () => reasonOf(error, text));
  // A frozen error stays unchanged.
  if (reason !== undefined) ifItThrows(undefined, () => ((error as Error).message += `; ${reason}`));
  return error;
}

function reasonOf(thrown: unknown, { [SOURCE]: source, name }: FunctionSource): string | undefined {
  if (!(thrown instanceof ReferenceError) && !(thrown instanceof TypeError)) return undefined;
  const error: Error = thrown;
  if (error.message.includes(UNEXPOSED)) return undefined;
  const f = name || "the function";
  if (error instanceof ReferenceError) {
    if (/before initialization/.test(error.message)) return undefined; // a mistake in the function itself
    const missing = /^(\S+) is not defined|^Can't find variable: (\S+)/.exec(error.message);
    const helper = missing?.[1] ?? missing?.[2] ?? "";
    const tool = TOOLS.find(([names]) => names.test(helper))?.[1];
    return (
      `${tool === undefined ? "" : `${tool} put ${helper} there when it compiled the function; `}${f} ${UNEXPOSED} and sees no imports and ` +
      `no variables around it: ${cure(name)}`
    );
  }
  if (isForWantOfThis(error.message, source)) {
    return (
      `${f} ${UNEXPOSED}, without the object that it is a method of, and \`this\` is undefined: ` +
      `expose the class, and send the object as an argument, or as the target if it has a call method`
    );
  }
  const shadowed = OURS.filter((own) => own in globalThis && new RegExp(`\\b${own}\\b`).test(source));
  if (shadowed.length === 0) return undefined;
  return `${f} ${UNEXPOSED} and sees no imports: ${shadowed.join(", ")} is the global of that name there; ${cure(name)}`;
}

const UNEXPOSED = "was not exposed, so it was re-created from its text";

/** The names that tools write into functions, and the tools. */
const TOOLS: readonly (readonly [RegExp, string])[] = [
  [/^__(vite|vi)_/, "Vite (or Vitest)"],
  [/^_*cov_|^__coverage__$/, "Istanbul (nyc, or a test runner that measures coverage)"],
  [/^stry/, "Stryker"],
  [/^_jsx|^React$/, "the compiler of JSX"],
  [/^__webpack_|__WEBPACK_/, "webpack"],
  [
    /^__(awaiter|generator|assign|rest|spreadArray|read|values|decorate|metadata|param|extends|makeTemplateObject|importDefault|importStar|classPrivateFieldGet|classPrivateFieldSet|addDisposableResource|disposeResources)$|^tslib_\d|_\d$/,
    "TypeScript",
  ],
  [/^__[a-z]\w*$|^import_/, "esbuild (tsx, tsup, or another tool that uses it)"],
  [
    /^_(asyncToGenerator|async_to_generator|objectSpread|object_spread|regenerator|interop|extends|define|class|create|to|sliced|call|wrap|construct|inherits|super|get|set|instanceof|ts_|using|await|iterable|array)/,
    "Babel (or SWC)",
  ],
];

/** Exports of this library with the name of a global on some platform. */
const OURS = ["Event", "Lock", "Timer", "Thread", "Barrier", "Condition", "Semaphore"];

/** Did the function read or write a field of `this`, which was undefined? */
function isForWantOfThis(message: string, source: string): boolean {
  if (!message.includes("undefined") || !/\bthis\b/.test(source)) return false;
  const field = /\((?:reading|setting) '(.*)'\)$/.exec(message)?.[1];
  return field === undefined ? /'this\b/.test(message) : new RegExp(`\\bthis\\s*(\\.|\\?\\.|\\[)`).test(source);
}

function cure(name: string): string {
  return name === "" ? "name it, and expose({ itsName })" : `expose({ ${name} }) in the module that defines it`;
}
