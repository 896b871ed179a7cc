/** Options that several commands of the repository take. */
import { InvalidArgumentError } from "commander";

/** Reads a list of known names with commas between them. */
export function listOf<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(",").map((name) => {
      if (!known.includes(name as T)) throw new InvalidArgumentError(`There are ${known.join(", ")}.`);
      return name as T;
    });
}

/** Reads a whole number, 0 or more. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
