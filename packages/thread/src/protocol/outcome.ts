/** The posted form of a thread's outcome. */
import { type Envelope, ThreadError } from "@x/core";
import { isCloneError, packMoving } from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { Entry } from "../table/layout.js";
import { nameOf } from "../table/names.js";

/** The result or the error of a target, and the returning fields. */
export type Outcome = (
  { readonly ok: true; readonly value?: unknown } | { readonly ok: false; readonly error: unknown }
) & {
  /** The fields of the thread's object; undefined if there are none. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  readonly nativeId?: number | undefined;
};

/**
 * The message with an outcome. It is a tuple, because names of fields would take longer to send
 * than their values.
 */
export type OutcomeMessage = readonly [ident: number, value: unknown, parts?: Envelope["parts"]];

export function outcomeMessage(ident: number, { value, parts }: Envelope): OutcomeMessage {
  return parts.length > 0 ? [ident, value, parts] : [ident, value];
}

export function failure(error: unknown, nativeId?: number): Outcome {
  return { ok: false, error, nativeId };
}

/**
 * Posts the outcome of a thread, and returns the envelope.
 *
 * @param moved the objects in it to move
 * @throws TypeError naming what cannot travel
 */
export function postOutcome(port: Port, entry: Entry, outcome: Outcome, moved: readonly object[] = []): Envelope {
  const envelope = packOutcome(entry, outcome, moved);
  try {
    host().post(port, outcomeMessage(entry.ident, envelope), undefined, moved);
  } catch (error) {
    throw refused(error, whose(entry));
  }
  return envelope;
}

/** @throws TypeError naming what cannot travel */
export function packOutcome(entry: Entry, outcome: Outcome, moved: readonly object[] = []): Envelope {
  return packMoving(outcome, whose(entry), moved);
}

function whose(entry: Entry): string {
  return `the outcome of ${nameOf(entry)}`;
}

/** Adds to the error of structured clone the origin of the refused value. */
export function refused(error: unknown, what: string): unknown {
  if (!isCloneError(error)) return error;
  return new TypeError(`thread: ${what} cannot travel to another thread: ${(error as Error).message}`, {
    cause: error,
  });
}

/** The error of a thread after an end without a report. */
export function died(name: string, how: string, cause?: unknown): ThreadError {
  return new ThreadError(`thread: ${name} ${how}`, cause === undefined ? undefined : { cause });
}

/** The error of a thread after its call of process.exit(), or in a browser close(). */
export function exited(name: string, exitCode: number): ThreadError {
  return died(name, `ended by ${host().exitCall ?? `process.exit(${exitCode})`}`);
}

const EXIT = Symbol.for("@x/thread exit");

/**
 * Thrown by `exitThread`. Recognised by its brand, because two copies of this package may meet in the
 * same thread.
 */
export class ThreadExit extends Error {
  static {
    this.prototype.name = "ThreadExit";
  }
  get [EXIT](): boolean {
    return true;
  }
}

export function isExit(error: unknown): boolean {
  return (error as { [EXIT]?: unknown } | null | undefined)?.[EXIT] === true;
}
