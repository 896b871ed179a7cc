/** The task of the pools piscina and tinypool. */
import { work } from "../work.js";

export function nothing(): void {
  // Measures only the way there and back.
}

export { work };
