/** Turns the keys of maps and the members of sets into bytes, and back. */
import { describe } from "@x/core";
import { encode } from "@x/core/internal";

/** A key: a value equal to its copies. */
export type Key = string | number | bigint | boolean | null | undefined;

const MISTAKES: Readonly<Record<string, string>> = {
  object: "an object is not equal to its copy in another thread; use a string or a number of it",
  function: "a function is not equal to its copy in another thread; use its name",
  symbol: "symbols do not travel; use a string",
};

/** The last text used for a key, and its bytes: a program often asks for the same key several times in a row. */
let lastText: string | undefined;
let lastBytes: Uint8Array;

/** @throws TypeError if it is an object, a function or a symbol */
export function keyBytes(key: unknown, what: string): Uint8Array {
  if (typeof key === "string") {
    if (key === lastText) return lastBytes;
    lastBytes = encode(key)!.slice();
    lastText = key;
    return lastBytes;
  }
  const mistake = key === null ? undefined : MISTAKES[typeof key];
  if (mistake !== undefined) throw new TypeError(`shared: ${what} may not be ${describe(key)}: ${mistake}`);
  // As in a Map, 0 and -0 are the same key. A copy, because other code of this thread may encode during the wait.
  return encode(key === 0 ? 0 : key)!.slice();
}
