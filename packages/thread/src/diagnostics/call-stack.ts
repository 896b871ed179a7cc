/** Call stacks, as text. */
import { ifItThrows } from "@x/core/internal";

/**
 * Returns the stack of calls around the call of `callee`, a call per line; empty if the engine gives
 * none. A program may format stacks itself, for instance for source maps. Its text is used; its call
 * sites and its errors are not.
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

/** Calls `body` without the program's own format, if the format can be removed. */
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

/** Appends the stack of the call for the result to the stack of `error`. */
export function withStackOfCall(error: unknown): unknown {
  if (error instanceof Error) ifItThrows(undefined, () => addStackOfCall(error)); // the program's own format may throw
  return error;
}

function addStackOfCall(error: Error): void {
  const { stack } = error;
  if (typeof stack !== "string" || stack.includes(ASKED)) return;
  const call = stackOf(withStackOfCall).split("\n").slice(1).join("\n"); // from the public method on
  error.stack = `${stack}\n    ${ASKED}\n${call}`;
}

const ASKED = "--- the result was asked for here ---";
