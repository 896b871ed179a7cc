/**
 * What is to be called in another thread: a function, or an object with a `call` method. What was exposed travels by its name; a
 * function that was not travels as its text, and is re-created from it, which works if it uses nothing from around it.
 */
import { describe, functionName, isPromise } from "./check.js";
import { originOf } from "./expose.js";
import type { Callable } from "./realm.js";

/** A function, or an object with a `call` method. */
export type Target<A extends readonly unknown[] = never, R = unknown> =
  | ((...args: A) => R)
  // Functions have a `call`, too, but that is not what is meant: hence `apply`.
  | { call(...args: A): R; readonly apply?: never };

const SOURCE = "@x/core source of a function";

/** The text of a function that was not exposed. */
export interface SourceText {
  readonly [SOURCE]: string;
  readonly name: string;
}

/** What can be packed, and called with {@link callPortable} where it arrives. */
export type Portable = Target | SourceText;

/**
 * Makes ready for `pack` what is to be called in another thread.
 *
 * @throws TypeError if it is a built-in or bound function, or an object whose class was not exposed
 */
export function portable(target: Portable, who: string): Portable {
  if (SOURCE in target) return target;
  if (typeof target !== "function") return withExposedClass(target, who);
  if (originOf(target) !== undefined) return target;
  const source = Function.prototype.toString.call(target);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new TypeError(
      `${who}: ${describe(target)} is built in or bound, and has no text; wrap it in a function and expose that`,
    );
  }
  return { [SOURCE]: source, name: callableName(target) };
}

/** An object takes its `call` from its class, so that has to be found there. */
function withExposedClass(target: object & Target, who: string): Target {
  const Class = target.constructor as Callable;
  if (originOf(Class) === undefined) {
    throw new TypeError(
      `${who}: the target is an object of class ${Class.name}, which was not exposed; expose(import.meta, { ${Class.name} })`,
    );
  }
  return target;
}

/** Calls what {@link portable} has made ready, here or where it has arrived. */
export function callPortable(target: Portable, args: readonly unknown[]): unknown {
  if (SOURCE in target) return callSource(target, args);
  if (typeof target === "function") return target(...(args as never));
  return target.call(...(args as never));
}

/** Has it a `call` that can be called? True for functions, too. */
export function isTarget(target: unknown): target is Target {
  return typeof (target as { call?: unknown } | null | undefined)?.call === "function";
}

/**
 * What to call it in reports: a function's name, or that of an object's class; empty if there is none. `{ target: () => … }` names
 * the function "target", which says nothing.
 */
export function callableName(target: unknown): string {
  if (typeof target !== "function") {
    const Class = (target as { constructor?: unknown } | null | undefined)?.constructor;
    return typeof Class === "function" ? functionName(Class) : "";
  }
  const name = functionName(target);
  return name === "target" ? "" : name;
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** Functions of this realm, by their text. */
const recreated = new Map<string, AnyFunction>();

function callSource(text: SourceText, args: readonly unknown[]): unknown {
  let f = recreated.get(text[SOURCE]);
  if (f === undefined) recreated.set(text[SOURCE], (f = evaluate(text)));
  let result: unknown;
  try {
    result = f(...args);
  } catch (error) {
    throw explained(error, text.name);
  }
  if (!isPromise(result)) return result;
  return result.catch((error: unknown) => {
    throw explained(error, text.name);
  });
}

function evaluate({ [SOURCE]: source, name }: SourceText): AnyFunction {
  // A method's text is no expression by itself: `m(x) { … }`, `async m() { … }`, `*[key]() { … }`.
  for (const expression of [`(${source})`, `Object.values({${source}})[0]`]) {
    try {
      return (0, eval)(expression) as AnyFunction;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw explained(error, name);
    }
  }
  throw new TypeError(`core: ${name || "the function"} cannot be re-created from its text; ${cure(name)}`);
}

/** A missing name is what such a function fails on: says why it is missing. */
function explained(error: unknown, name: string): unknown {
  if (error instanceof ReferenceError) {
    error.message +=
      `; ${name || "the function"} was not exposed, so it was re-created from its text and sees no imports and ` +
      `no variables around it: ${cure(name)}`;
  }
  return error;
}

function cure(name: string): string {
  return name === ""
    ? "name it, and expose(import.meta, { itsName })"
    : `expose(import.meta, { ${name} }) in the module that defines it`;
}
