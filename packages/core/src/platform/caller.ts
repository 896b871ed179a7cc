/**
 * The files of the running functions, from the stack. The engine knows the file that it runs;
 * bundlers replace `import.meta.url`, by a path of the build machine or by nothing.
 */

/** A frame of V8 and of JavaScriptCore. */
interface CallSite {
  getScriptNameOrSourceURL?(): unknown;
  getFileName(): unknown;
  getEvalOrigin?(): unknown;
  getPosition?(): unknown;
  getFunctionName?(): unknown;
}

/** In the URL of a module in a bundler's chunk, between the runtime's URL and the id, which is JSON; see chunks.ts. */
export const BUNDLED = "#bundled=";

/** A place in the code of a caller. */
export interface Caller {
  /** URL or path. */
  readonly file: string;
  /** Returns the offset in its text; undefined if the engine does not tell. V8 has to parse the text again for it. */
  readonly position?: () => unknown;
  /** The function's; undefined if it has none, or if the engine does not tell. */
  readonly name?: string | undefined;
  /** Is it the top level of a module that Node's loader evaluates? */
  readonly isTopLevel?: boolean;
}

interface ErrorClass {
  prepareStackTrace?: ((error: unknown, frames: unknown) => unknown) | undefined;
  stackTraceLimit?: number;
  captureStackTrace?(target: object, below: unknown): void;
}

/** The place of a frame in the text of a stack, in the forms of V8, JavaScriptCore and SpiderMonkey. */
const PLACE = /((?:[a-z][a-z0-9+.-]+:\/\/|\/|[A-Z]:\\)[^\n]*?):\d+(?::\d+)?\)?$/gim;

/** More frames than a bundler's runtime puts between the entry of a bundle and the last of a long row of imports. */
const FRAMES = 500;

/**
 * The places in the code that called the function, nearest first; empty if the engine does not
 * tell. The function must be running.
 */
export function callers(f: unknown): readonly Caller[] {
  const errors = Error as unknown as ErrorClass;
  if (errors.captureStackTrace === undefined) return [];
  const { prepareStackTrace, stackTraceLimit } = errors;
  const place: { stack?: unknown } = {};
  set({ prepareStackTrace: (_, frames) => frames, stackTraceLimit: FRAMES });
  try {
    errors.captureStackTrace(place, f);
    const { stack } = place; // it is formatted by this first read
    if (typeof stack === "string") return [...stack.matchAll(PLACE)].map(([, file]) => ({ file: file! }));
    return (stack as readonly CallSite[])
      .map((frame, i, all) => placeOf(frame, all[i + 1]))
      .filter((place) => place !== undefined);
  } catch {
    return [];
  } finally {
    set({ prepareStackTrace, ...(stackTraceLimit !== undefined && { stackTraceLimit }) });
  }
}

/** Has no effect where the intrinsics are frozen: there the stack is text. */
function set(values: ErrorClass): void {
  Object.entries(values).forEach(([key, value]) => Reflect.set(Error, key, value));
}

function placeOf(frame: CallSite, caller: CallSite | undefined): Caller | undefined {
  const file = frame.getScriptNameOrSourceURL?.() ?? frame.getFileName() ?? originOf(frame);
  if (typeof file !== "string" || file === "") return undefined;
  const name = frame.getFunctionName?.();
  const isNamed = typeof name === "string" && name !== "";
  return {
    file,
    position: () => frame.getPosition?.(),
    name: isNamed ? name : undefined,
    isTopLevel: !isNamed && String(caller?.getFileName()).startsWith("node:internal/modules/"),
  };
}

/** The file of the `eval` in which the code stands. */
function originOf(frame: CallSite): string | undefined {
  const origin = frame.getEvalOrigin?.();
  return typeof origin === "string" ? /\(([^()]*):\d+:\d+\)+$/.exec(origin)?.[1] : undefined;
}
