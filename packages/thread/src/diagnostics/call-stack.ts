/** Stacks of calls, as text. */
import { ifItThrows } from "@x/core";

/**
 * The stack of the calls that led to the call of `callee`, one line each; empty if the engine does not tell it. A program may format stacks
 * itself, for source maps say. What it makes is used if it is text; call sites, and what it throws, are not.
 */
export function stackOf(callee: (...args: never) => unknown): string {
  const stack = captured(callee) ?? inEnginesFormat(() => captured(callee)) ?? "";
  return stack.split("\n").slice(1).join("\n");
}

function captured(callee: (...args: never) => unknown): string | undefined {
  return ifItThrows(undefined, () => {
    const place: { stack?: unknown } = {};
    Error.captureStackTrace(place, callee);
    const { stack } = place;
    return typeof stack === "string" ? stack : undefined;
  });
}

/** Calls `body` while the program's own format is set aside, where it can be. */
function inEnginesFormat<T>(body: () => T): T {
  const own = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  if (own === undefined) return body();
  const isSetAside = Reflect.defineProperty(Error, "prepareStackTrace", { value: undefined });
  try {
    return body();
  } finally {
    if (isSetAside) Object.defineProperty(Error, "prepareStackTrace", own);
  }
}

/** Adds where the result was asked for to where the error came from. */
export function withStackOfCall(error: unknown): unknown {
  if (error instanceof Error) ifItThrows(undefined, () => addStackOfCall(error)); // the program may format stacks itself, and fail
  return error;
}

function addStackOfCall(error: Error): void {
  const { stack } = error;
  if (typeof stack !== "string" || stack.includes(ASKED)) return;
  const call = stackOf(withStackOfCall).split("\n").slice(1).join("\n"); // from the public method on
  error.stack = `${stack}\n    ${ASKED}\n${call}`;
}

const ASKED = "--- the result was asked for here ---";
