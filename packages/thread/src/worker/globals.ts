/**
 * Whether a thread has changed the global object of its worker: the next thread would find what it has left there. What modules put there as
 * they are imported belongs to them, like their variables: they are not evaluated again.
 *
 * It is looked at after each thread, so looking must be cheap. Names are counted that are enumerable, as those are that are assigned; and
 * values are compared by a function that names them all, which the engine makes as fast as reading so many variables. Getters are not called:
 * behind those of Node's there are parts of it that are loaded only then.
 */
const scope = globalThis as unknown as Readonly<Record<string, unknown>>;

let count = 0;
let values: readonly unknown[] = [];
let areSame: (scope: object, values: readonly unknown[]) => boolean = () => false;

/** From now on what is there counts as unchanged. */
export function rememberGlobals(): void {
  const names = Object.getOwnPropertyNames(scope).filter((name) => {
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
