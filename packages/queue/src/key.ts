/**
 * Priorities as words. Two keys of one kind compare as their words do, one after the other, and then by
 * their units.
 *
 *   kind     units                          words
 *   NUMBER   6                              a float, its two halves changed so that they compare as
 *                                           integers; the excess of a bigint over that float
 *   STRING   the number of its characters   two characters each, the first one higher
 */
import { describe } from "@x/core";

/** The priority of an item. Numbers and bigints compare with each other. */
export type Priority = number | bigint | string;

const NUMBER = 1;
const STRING = 2;

export const KIND_NAMES: Readonly<Record<number, string>> = { [NUMBER]: "number", [STRING]: "string" };

export interface Key {
  readonly kind: number;
  readonly units: number;
  readonly words: Int32Array;
}

/** Maps the order of unsigned words to the order of signed words. */
const FLIP = 1 << 31;

const float = /* @__PURE__ */ new Float64Array(1);
const halves = /* @__PURE__ */ new Int32Array(float.buffer);
const isLittle = /* @__PURE__ */ new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The number of words of a key of so many units. */
export function wordsOfKey(units: number): number {
  return (units + 1) >> 1;
}

/**
 * @throws TypeError if it is no priority; RangeError for a bigint of more than 64 bits
 */
export function keyOf(priority: unknown): Key {
  switch (typeof priority) {
    case "number":
      if (Number.isNaN(priority)) break;
      return numeric(priority, 0);
    case "bigint":
      return numeric(Number(priority), excessOf(priority));
    case "string":
      return textual(priority);
  }
  throw new TypeError(
    `queue: a priority is a number, a bigint or a string, got ${describe(priority)}; ` +
      "put [priority, item], or make the queue with { key }, a function from the item to its priority",
  );
}

/** The excess of a bigint over the nearest float. */
function excessOf(priority: bigint): number {
  if (BigInt.asIntN(64, priority) !== priority)
    throw new RangeError(`queue: a priority has at most 64 bits, got ${priority}n; use a smaller number, or a string`);
  return Number(priority - BigInt(Number(priority)));
}

function numeric(value: number, excess: number): Key {
  float[0] = value + 0; // -0 is no less than 0
  const [high, low] = [halves[isLittle ? 1 : 0]!, halves[isLittle ? 0 : 1]!];
  const words = Int32Array.of(high < 0 ? ~high ^ FLIP : high, high < 0 ? ~low ^ FLIP : low ^ FLIP, excess);
  return { kind: NUMBER, units: 6, words };
}

function textual(text: string): Key {
  const words = new Int32Array(wordsOfKey(text.length));
  for (let i = 0; i < words.length; i++)
    words[i] = ((text.charCodeAt(2 * i) << 16) | (text.charCodeAt(2 * i + 1) || 0)) ^ FLIP;
  return { kind: STRING, units: text.length, words };
}
