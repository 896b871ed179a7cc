/** What is known of the threads that have died. The supervisor keeps it; a thread asks for it when it comes upon a lock of the dead. */
import { type Envelope, hasDied, type DeathRecord as Known, pack } from "@x/core";
import { bytesOf } from "../protocol/message-size.js";
import type { Obituary } from "../protocol/messages.js";
import { lastNameOf } from "../table/names.js";

/** So many of the dead are remembered by their name, and by what they died of. */
const REMEMBERED = 256;

/** An error that is larger is remembered without what hangs on it. */
const CAUSE_BYTES = 32 << 10;
const TEXT_LENGTH = 4 << 10;

// ---------------------------------------------------------------- by the supervisor

const remembered = new Map<number, Obituary>();

/** To be said before the table shows the death. */
export function rememberDeath(obituary: Obituary): void {
  remembered.set(obituary.ident, obituary);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value as number);
}

export function rememberedDeath(ident: number): Obituary | undefined {
  return remembered.get(ident);
}

// ---------------------------------------------------------------- by any thread

/**
 * What a thread died of, for those who come upon its locks. A whole response may hang on it, and hundreds are remembered: of a large one
 * class, message, stack and small fields are left.
 *
 * @throws TypeError if it cannot travel
 */
export function packCause(error: unknown): Envelope {
  const whole = pack(error);
  return bytesOf(whole, CAUSE_BYTES) <= CAUSE_BYTES ? whole : pack(slim(error));
}

function slim(thrown: unknown): unknown {
  if (typeof thrown !== "object" || thrown === null) return typeof thrown === "string" ? cut(thrown) : thrown;
  if (!(thrown instanceof Error))
    return `${Object.prototype.toString.call(thrown)}, which was too large to be remembered`;
  const error = Object.create(Object.getPrototypeOf(thrown) as object) as Error;
  for (const name of ["message", "stack", ...Object.keys(thrown)]) {
    const field: unknown = (thrown as unknown as Record<string, unknown>)[name];
    if (typeof field === "object" || typeof field === "function") continue;
    Object.defineProperty(error, name, {
      value: typeof field === "string" ? cut(field) : field,
      configurable: true,
      writable: true,
    });
  }
  return error;
}

function cut(text: string): string {
  return text.length <= TEXT_LENGTH ? text : `${text.slice(0, TEXT_LENGTH)}…`;
}

/** @param fetch asks the supervisor, once name or cause are read */
export function obituaryOf(ident: number, fetch: (ident: number) => Known | undefined): Known | undefined {
  if (!hasDied(ident)) return undefined;
  let fetched: Known | undefined;
  const known = (): Known =>
    (fetched ??= fetch(ident) ?? { name: lastNameOf(ident) ?? `thread ${ident}`, cause: undefined });
  return {
    get name() {
      return known().name;
    },
    get cause() {
      return known().cause;
    },
  };
}
