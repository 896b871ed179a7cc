/** The tasks of the pools piscina and tinypool. */
import { move } from "piscina";
import { work } from "../work.js";

export function nothing(): void {
  // Measures only the way there and back.
}

export function same(argument: unknown): unknown {
  return argument;
}

/** The same buffer, moved. */
export function back(argument: ArrayBuffer): unknown {
  return move(argument);
}

export { work };
export { ping } from "../ping.js";
