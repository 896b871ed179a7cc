/** What the pools of piscina and of tinypool run. */
import { work } from "../work.js";

export function nothing(): void {
  // Only the way there and back counts.
}

export { work };
