/** How faked threads end. */
import type { Envelope, Words } from "@x/core";
import { assigned } from "../../src/protocol/control-block.js";

/** Each of them is a death, but the last two. */
export const ENDS = [
  "uncaught error",
  "rejection",
  "process.exit",
  "raw",
  "terminate",
  "terminate at once",
  "out of memory",
  "error of the runtime",
  "unbegun",
  "refused",
  "starter",
  "exitThread",
  "return",
] as const;

export type End = (typeof ENDS)[number];

export function isDeath(how: End): boolean {
  return how !== "exitThread" && how !== "return";
}

export function jobOf(how: End): Envelope {
  return { value: how, parts: [] };
}

export function endOf({ value }: Envelope): End {
  return value as End;
}

/** The threads to which the system refuses a worker, by ident. */
const refused = new Set<number>();

export function refuse(ident: number): void {
  refused.add(ident);
}

export function isThrownByStart(control: Words): boolean {
  return refused.delete(assigned(control).ident);
}
