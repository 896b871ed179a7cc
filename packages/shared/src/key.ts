/** Turns the keys of maps and the members of sets into bytes, and back. */
import { describe } from "@x/core";
import { newKeyEncoder } from "@x/core/internal";

/** A key: a value equal to its copies. */
export type Key = string | number | bigint | boolean | null | undefined;

const MISTAKES: Readonly<Record<string, string>> = {
  object: "an object is not equal to its copy in another thread; use a string or a number of it",
  function: "a function is not equal to its copy in another thread; use its name",
  symbol: "symbols do not travel; use a string",
};

/** The bytes of a key, and their hash. */
export interface HashedKey {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

/** The last key. */
const last: { -readonly [K in keyof HashedKey]: HashedKey[K] } = { bytes: /* @__PURE__ */ new Uint8Array(0), hash: 0 };
/** Its text, if it is a text: a program often asks for the same key several times in a row. */
let lastText: string | undefined;

/** @throws TypeError if it is an object, a function or a symbol */
export function checkKey(key: unknown, what: string): asserts key is Key {
  const mistake = key === null ? undefined : MISTAKES[typeof key];
  if (mistake !== undefined) throw new TypeError(`shared: ${what} may not be ${describe(key)}: ${mistake}`);
}

/** The bytes and the hash of a key, valid until this thread asks for those of another key. @throws as {@link checkKey} */
export function hashedKey(key: unknown, what: string): HashedKey {
  if (typeof key === "string") {
    if (key === lastText) return last;
    hashed(key);
    lastText = key;
    return last;
  }
  checkKey(key, what);
  return hashed(key === 0 ? 0 : key); // as in a Map, 0 and -0 are the same key
}

/** The same with bytes of its own. */
export function keptKey({ bytes, hash }: HashedKey): HashedKey {
  return { bytes: bytes.slice(), hash };
}

const encodeKey = /* @__PURE__ */ newKeyEncoder();

function hashed(key: Key): HashedKey {
  lastText = undefined; // first: the encoder may throw
  last.bytes = encodeKey(key);
  last.hash = hashOf(last.bytes);
  return last;
}

/** MurmurHash3, with another last mix. It takes four bytes at once: byte by byte a short text takes 30 ns. */
export function hashOf(key: Uint8Array): number {
  const { length } = key;
  const whole = length & -4;
  let hash = length;
  for (let i = 0; i < whole; i += 4) {
    const four = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24);
    hash ^= mixed(four);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = whole; i < length; i++) rest = (rest << 8) | key[i]!;
  hash ^= mixed(rest);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

function mixed(bytes: number): number {
  const product = Math.imul(bytes, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
