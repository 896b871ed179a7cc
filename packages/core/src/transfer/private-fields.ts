/** Finds `#private` fields, which cannot travel. */
import type { Callable } from "./expose.js";

/**
 * Throws if objects of this class have `#private` fields. Only the constructor makes such fields,
 * and it does not run in the receiver: every method that uses them would fail there.
 *
 * @param base a base class to skip, with its own base classes: it packs its fields by itself
 */
export function checkNoPrivateFields(Class: Callable, path: string, base?: Callable): void {
  for (let C: Callable | null = Class; C && C !== base; C = Object.getPrototypeOf(C) as Callable | null) {
    const name = privateField(C);
    if (name === undefined) continue;
    throw new TypeError(
      `core: ${path} cannot travel to another thread: class ${C.name} has the private field ${name}, which cannot be copied; ` +
        `make it an ordinary field (TypeScript's "private" is one)`,
    );
  }
}

/**
 * Matches the declaration of a private name. Group 1 is `static`: a static field exists in the
 * receiver, too.
 */
const PRIVATE = /(?<=[\s;{}])(static\s*)?(?:(?:async|get|set)\s*|\*\s*)*(#[\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;

function privateField(Class: Callable): string | undefined {
  const text = String(Class);
  if (!text.startsWith("class")) return undefined; // built-in, or compiled for an old target
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*|(["'`])(?:\\[^]|(?!\1)[^\\])*\1/g, " ");
  for (const [, isStatic, name] of code.matchAll(PRIVATE)) if (isStatic === undefined) return name;
  return /__privateAdd\(this,\s*(\w+)/.exec(code)?.[1];
}
