/**
 * Checks whether a thread has changed the global object of its worker: the next thread would see
 * the change. Changes made by a module during its import are allowed, like the module's variables,
 * because the module is not evaluated again.
 *
 * The check runs after each thread, so it must be cheap. It counts enumerable names, because
 * assignment makes names enumerable. It compares values by a generated function. The function names
 * each global; the engine makes this as fast as reading variables. The check does not call getters,
 * and does not read any class that a runtime loads at its first use: `FormData` alone takes Node
 * 20 ms and 4 MB. So it does not notice the replacement of such a class.
 */
import { host } from "../platform/host.js";

const scope = globalThis as unknown as Readonly<Record<string, unknown>>;

let count = 0;
let values: readonly unknown[] = [];
let areSame: (scope: object, values: readonly unknown[]) => boolean = () => false;

/** Accepts the present state: it is the unchanged state for the next check. */
export function rememberGlobals(): void {
  const { loadsGlobal } = host();
  const names = Object.getOwnPropertyNames(scope).filter((name) => {
    if (loadsGlobal?.(name) === true) return false;
    const descriptor = Object.getOwnPropertyDescriptor(scope, name);
    return descriptor !== undefined && "value" in descriptor && descriptor.writable === true;
  });
  count = Object.keys(scope).length;
  values = names.map((name) => scope[name]);
  areSame = comparison(names);
}

export function areGlobalsUnchanged(): boolean {
  return Object.keys(scope).length === count && areSame(scope, values);
}

function comparison(names: readonly string[]): typeof areSame {
  const terms = names.map((name, i) => `scope[${JSON.stringify(name)}] === values[${i}]`);
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- nothing of the user's but names, as JSON
    return new Function("scope", "values", `return ${["true", ...terms].join(" && ")}`) as typeof areSame;
  } catch {
    return (scope, values) => names.every((name, i) => Object.is((scope as never)[name], values[i])); // no code from text here
  }
}
