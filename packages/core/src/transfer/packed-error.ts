/**
 * Errors on their way. An error arrives as one of the nearest class that is known over there: an exposed class, one of this library's, of
 * the language's, or of the platform's (`DOMException`, `AssertionError`). Classes of this library are known by their brands: bundlers
 * give them other names, and other classes may have theirs.
 */
import { functionName, ifItThrows } from "../check.js";
import { ERROR_BRANDS, OwnerDiedError, ThreadError, TimeoutError } from "../errors.js";
import { platform } from "../platform/index.js";
import { globalSlot } from "../global-slot.js";
import { isDOMException } from "./structured-clone.js";

export interface PackedError {
  /** What its class and those above it are known by, nearest first; those that nobody would know are left out. */
  readonly classes: readonly string[];
  readonly name: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Record<string, unknown>;
}

type ErrorClass = new (message: string, name?: string) => Error;

const LANGUAGE: Readonly<Record<string, unknown>> = {
  ...{ Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError },
};

/** Classes, other than the language's own, that errors may be rebuilt as, by name. */
const errors = globalSlot("errors 1", () => new Map<string, ErrorConstructor>());

/** Lets errors of this class arrive as such without being exposed. A class without a brand is known by its name. */
export function registerError(Class: new (message: string) => Error): void {
  errors.set(brandOf(Class.prototype as object) ?? Class.name, Class as ErrorConstructor);
}

for (const Class of [ThreadError, TimeoutError, OwnerDiedError]) registerError(Class);

/** The brand of the class whose prototype this is, or which is above it and has one; the prototype itself has to say so. */
function brandOf(prototype: object): string | undefined {
  if (!Object.hasOwn(prototype, ERROR_BRANDS)) return undefined;
  const brands = ifItThrows<unknown>(undefined, () => (prototype as { [ERROR_BRANDS]?: unknown })[ERROR_BRANDS]);
  return Array.isArray(brands) ? `@x/core ${String(brands[0])}` : undefined;
}

/** What the error is, but for its fields; and the names of these. */
export function partsOfError(error: Error, isExposed: boolean): { data: PackedError; names: readonly string[] } {
  const own = Object.getOwnPropertyNames(error);
  // Each may be computed as it is read, by whatever the user or a test runner has put there.
  const [stack, message, name] = ["stack", "message", "name"].map((key) =>
    ifItThrows<unknown>(undefined, () => (error as unknown as Record<string, unknown>)[key]),
  );
  const data = {
    ...{
      classes: classesOf(error),
      message: ifItThrows("", () => String(message === undefined ? "" : (message as string))),
      fields: {},
    },
    stack: typeof stack === "string" ? stack : undefined,
    name: typeof name === "string" ? name : undefined,
  };
  const ofEngine = positionsOfEngine(error, own, data.stack);
  const names = own.filter((key) => key !== "stack" && key !== "message" && !ofEngine.includes(key));
  // Bun's engine has the code of the runtime's own errors on their prototypes.
  const code = ifItThrows<unknown>(undefined, () => (error as { code?: unknown }).code);
  if (!isExposed && !own.includes("code") && typeof code === "string") names.push("code");
  return { data, names };
}

/** Where an error was made, as Bun's engine puts it down in fields. A parser's error may have a `line` too, of the text that it parsed. */
function positionsOfEngine(error: Error, own: readonly string[], stack: string | undefined): readonly string[] {
  if (!own.includes("sourceURL") || !own.includes("originalLine")) return [];
  const { line, column } = error as { line?: unknown; column?: unknown };
  const isPlaceOfStack = stack === undefined || stack.includes(`:${String(line)}:${String(column)}`);
  return ["sourceURL", "originalLine", "originalColumn", ...(isPlaceOfStack ? ["line", "column"] : [])];
}

function classesOf(error: Error): string[] {
  const classes: string[] = [];
  for (let link: unknown = Object.getPrototypeOf(error); link; link = Object.getPrototypeOf(link)) {
    const id = classOf(link);
    if (id !== undefined) classes.push(id);
  }
  return classes;
}

function classOf(prototype: object): string | undefined {
  const brand = brandOf(prototype);
  if (brand !== undefined) return brand;
  const Class = ifItThrows<unknown>(undefined, () => prototype.constructor);
  if (typeof Class !== "function" || !Object.hasOwn(prototype, "constructor")) return undefined;
  const name = functionName(Class);
  if (name === "") return undefined;
  if (errors.get(name) === Class || LANGUAGE[name] === Class || platform.errorClass(name) === Class) return name;
  // Of another realm: test runners give each file one.
  const isBuiltIn = Function.prototype.toString.call(Class).includes("[native code]");
  return isBuiltIn && Object.hasOwn(LANGUAGE, name) ? name : undefined;
}

/** An error of the nearest class that is known here; its constructor, if it is the user's, does not run. */
export function errorLike(data: PackedError, exposed: unknown): Error {
  const { classes, message, stack, name } = data;
  const known = classes.map(classCalled).find((Class) => Class !== undefined) ?? Error;
  const Class = (exposed ?? known) as ErrorClass;
  const error = made(Class, message, name);
  if (stack === undefined) delete error.stack;
  else hide(error, "stack", stack);
  if (name !== undefined && error.name !== name) hide(error, "name", name);
  return error;
}

/** What a `DOMException` is does not come from its prototype. */
function made(Class: ErrorClass, message: string, name: string | undefined): Error {
  if (!isDOMException(Class.prototype as object) && (Class as unknown) !== globalThis.DOMException) {
    return Reflect.construct<[string], Error>(Error, [message], Class);
  }
  const exception = new DOMException(message, name);
  return Class === DOMException ? exception : (Object.setPrototypeOf(exception, Class.prototype as object) as Error);
}

function classCalled(id: string): unknown {
  const Class = errors.get(id) ?? LANGUAGE[id] ?? platform.errorClass(id);
  return typeof Class === "function" && isErrorClass(Class) ? Class : undefined;
}

function isErrorClass(Class: object): boolean {
  const { prototype } = Class as { prototype?: unknown };
  return Class === Error || prototype instanceof Error;
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
