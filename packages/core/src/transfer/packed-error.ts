/**
 * Packs errors. An error arrives with its nearest class that the receiver knows: an exposed class,
 * or a class of this library, of the language, or of the platform (`DOMException`,
 * `AssertionError`). Classes of this library are found by their brands, because bundlers rename
 * them, and other classes may have the same names.
 */
import { functionName, ifItThrows } from "../check.js";
import { ERROR_BRANDS, OwnerDiedError, ThreadError, TimeoutError } from "../errors.js";
import { values } from "../platform/values.js";
import { globalSlot } from "../global-slot.js";
import { isDOMException } from "./structured-clone.js";

export interface PackedError {
  /**
   * The brands or names of its class and its base classes, nearest first. Unknown classes are left
   * out.
   */
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

/** The registered error classes, beside those of the language, by brand or name. */
const errors = globalSlot("errors 1", () => new Map<string, ErrorConstructor>());

/**
 * Lets errors of this class keep it without `expose`. A class without a brand is registered by its
 * name.
 */
export function registerError(Class: new (message: string) => Error): void {
  errors.set(brandOf(Class.prototype as object) ?? Class.name, Class as ErrorConstructor);
}

for (const Class of [ThreadError, TimeoutError, OwnerDiedError]) registerError(Class);

/** The brand in this prototype; undefined if the prototype itself has none. */
function brandOf(prototype: object): string | undefined {
  if (!Object.hasOwn(prototype, ERROR_BRANDS)) return undefined;
  const brands = ifItThrows<unknown>(undefined, () => (prototype as { [ERROR_BRANDS]?: unknown })[ERROR_BRANDS]);
  return Array.isArray(brands) ? `@x/core ${String(brands[0])}` : undefined;
}

/** The parts of an error without its fields, and the names of the fields. */
export function partsOfError(error: Error, isExposed: boolean): { data: PackedError; names: readonly string[] } {
  const own = Object.getOwnPropertyNames(error);
  // Each may be a getter of the user or of a test runner, and may throw.
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
  // In Bun, the `code` of the runtime's own errors is on their prototypes.
  const code = ifItThrows<unknown>(undefined, () => (error as { code?: unknown }).code);
  if (!isExposed && !own.includes("code") && typeof code === "string") names.push("code");
  return { data, names };
}

/** The fields in which Firefox stores the place of an error. They may also be fields of a parser's error. */
const FIREFOX = ["fileName", "lineNumber", "columnNumber"];

/**
 * The fields in which the engines of Bun and Firefox store the place of an error. In Bun, `line` may
 * also be a field of a parser's error.
 */
function positionsOfEngine(error: Error, own: readonly string[], stack: string | undefined): readonly string[] {
  if (FIREFOX.every((name) => own.includes(name))) {
    const place = FIREFOX.map((name) => String((error as unknown as Record<string, unknown>)[name])).join(":");
    return stack === undefined || stack.includes(place) ? FIREFOX : [];
  }
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
  if (errors.get(name) === Class || LANGUAGE[name] === Class || values.errorClass(name) === Class) return name;
  // A class of another realm: test runners give each file a realm.
  const isBuiltIn = Function.prototype.toString.call(Class).includes("[native code]");
  return isBuiltIn && Object.hasOwn(LANGUAGE, name) ? name : undefined;
}

/**
 * Rebuilds an error, of its nearest known class. The constructor of a user's class does not run.
 */
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

/**
 * Makes an error of a class. A `DOMException` needs its constructor, because it has internal state.
 */
function made(Class: ErrorClass, message: string, name: string | undefined): Error {
  if (!isDOMException(Class.prototype as object) && (Class as unknown) !== globalThis.DOMException) {
    return Reflect.construct<[string], Error>(Error, [message], Class);
  }
  const exception = new DOMException(message, name);
  return Class === DOMException ? exception : (Object.setPrototypeOf(exception, Class.prototype as object) as Error);
}

function classCalled(id: string): unknown {
  const Class = errors.get(id) ?? LANGUAGE[id] ?? values.errorClass(id);
  return typeof Class === "function" && isErrorClass(Class) ? Class : undefined;
}

function isErrorClass(Class: object): boolean {
  const { prototype } = Class as { prototype?: unknown };
  return Class === Error || prototype instanceof Error;
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
