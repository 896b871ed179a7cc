/** The posted form of the cause of a death. */
import { type Envelope, pack } from "@x/core";
import { bytesOf } from "./message-size.js";

/** A larger error is stored without its larger fields. */
const CAUSE_BYTES = 32 << 10;
const TEXT_LENGTH = 4 << 10;

/**
 * Packs the cause of a death, for threads that recover the dead thread's locks. Hundreds of causes
 * are stored, and an error may refer to a whole response. So a large error is reduced to its class,
 * message, stack and small fields.
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
