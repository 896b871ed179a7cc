/** Finds `#private` fields, which cannot travel. */
import type { Callable } from "./expose.js";

/**
 * Throws if objects of this class have `#private` fields: those are installed by the constructor, which does not run again
 * over there, so every method that uses them would fail far from here.
 *
 * @param base where to stop looking: a class whose own fields are seen to otherwise
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

/** The declaration of a private name; of one that belongs to the class itself, group 1 says so: that one is over there, too. */
const PRIVATE = /(?<=[\s;{}])(static\s*)?(?:(?:async|get|set)\s*|\*\s*)*(#[\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;

function privateField(Class: Callable): string | undefined {
  const text = String(Class);
  if (!text.startsWith("class")) return undefined; // built-in, or compiled for an old target
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*|(["'`])(?:\\[^]|(?!\1)[^\\])*\1/g, " ");
  for (const [, isStatic, name] of code.matchAll(PRIVATE)) if (isStatic === undefined) return name;
  return /__privateAdd\(this,\s*(\w+)/.exec(code)?.[1];
}
