/** Name and cause of the threads that died last. */
import type { Obituary } from "../protocol/messages.js";

/** So many of the dead are remembered by their name, and by what they died of. */
const REMEMBERED = 256;

export const remembered = new Map<number, Obituary>();

/** To be said before the table shows the death. */
export function rememberDeath(obituary: Obituary): void {
  remembered.set(obituary.ident, obituary);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value as number);
}

export function rememberedDeath(ident: number): Obituary | undefined {
  return remembered.get(ident);
}
