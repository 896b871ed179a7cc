/** What a thread is started with, on its way to the worker that runs it. */
import { type Callable, checkNoPrivateFields, describe, type Envelope, originOf, pack } from "@x/core";
import type { ExceptHook } from "./except-hook.js";
import { callableName, type Thread } from "./thread.js";
import type { Entry } from "./world.js";

/** The message that starts a thread. */
export interface Start {
  readonly entry: Entry;
  readonly job: Envelope;
}

/** What is inside: packed by {@link packJob}, and as it arrives. */
export interface Job {
  /** The subclass of Thread whose `run` is to be called. */
  readonly Class: Callable | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly target: Target | undefined;
  readonly args: readonly unknown[];
  readonly hook: Target | undefined;
}

/** A function, an object with a `call` method, or the text of a function that was not exposed. */
export type Target = Callable | { call(...args: never): unknown } | SourceText;

/** A function that was not exposed travels as its text, which works if it refers to nothing around it. */
export interface SourceText {
  readonly source: string;
  readonly name: string;
}

/**
 * Makes ready what the thread is to do.
 *
 * @throws TypeError naming what cannot travel, and the cure
 */
export function packJob(
  thread: Thread,
  base: Callable,
  target: Target | undefined,
  args: readonly unknown[],
  hook: ExceptHook | undefined,
): Envelope {
  const Class = thread.constructor as Callable;
  if (Class !== base) checkExposed(Class, base, thread.name);
  const job: Job = {
    Class: Class === base ? undefined : Class,
    fields: { ...thread },
    target: portable(target),
    args,
    hook: portable(hook),
  };
  return pack(job, thread.name);
}

function checkExposed(Class: Callable, base: Callable, name: string): void {
  checkNoPrivateFields(Class, name, base);
  if (originOf(Class) !== undefined) return;
  throw new TypeError(
    `thread: class ${Class.name} was not exposed, so ${name} could not find it; expose(import.meta, { ${Class.name} }) in its module`,
  );
}

/** A function that was exposed travels by its name, any other as text. */
export function portable(target: Target | undefined): Target | undefined {
  if (target === undefined || isSourceText(target)) return target;
  if (typeof target !== "function") return withExposedClass(target);
  if (originOf(target as Callable) !== undefined) return target;
  const source = Function.prototype.toString.call(target);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new TypeError(
      `thread: ${describe(target)} is built in or bound, and has no text; wrap it in a function and expose that`,
    );
  }
  return { source, name: callableName(target) };
}

/** An object takes its `call` from its class, so that has to be found there. */
function withExposedClass(target: object & Target): Target {
  const Class = target.constructor as Callable;
  if (originOf(Class) === undefined) {
    throw new TypeError(
      `thread: the target is an object of class ${Class.name}, which was not exposed; expose(import.meta, { ${Class.name} })`,
    );
  }
  return target;
}

export function isSourceText(target: unknown): target is SourceText {
  return typeof (target as Partial<SourceText> | undefined)?.source === "string";
}

/** The function, of this realm, that `text` was. */
export function recreate({ source, name }: SourceText): (...args: unknown[]) => unknown {
  const f = evaluate(source, name);
  return (...args) => {
    let result: unknown;
    try {
      result = f(...args);
    } catch (error) {
      throw explained(error, name);
    }
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw explained(error, name);
    });
  };
}

function evaluate(source: string, name: string): (...args: unknown[]) => unknown {
  // A method's text is no expression by itself: `m(x) { … }`, `async m() { … }`, `*[key]() { … }`.
  for (const expression of [`(${source})`, `Object.values({${source}})[0]`]) {
    try {
      return (0, eval)(expression) as (...args: unknown[]) => unknown;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw explained(error, name);
    }
  }
  throw new TypeError(`thread: ${name || "the function"} cannot be re-created from its text; ${cure(name)}`);
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
