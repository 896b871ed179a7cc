/**
 * The files of the running functions, from the stack. The engine knows the file that it runs;
 * bundlers replace `import.meta.url`, by a path of the build machine or by nothing.
 */

/** A frame of V8 and of JavaScriptCore. */
interface CallSite {
  getScriptNameOrSourceURL?(): unknown;
  getFileName(): unknown;
  getEvalOrigin?(): unknown;
}

interface ErrorClass {
  prepareStackTrace?: ((error: unknown, frames: unknown) => unknown) | undefined;
  stackTraceLimit?: number;
  captureStackTrace?(target: object, below: unknown): void;
}

/** The place of a frame in the text of a stack, in the forms of V8, JavaScriptCore and SpiderMonkey. */
const PLACE = /((?:[a-z][a-z0-9+.-]+:\/\/|\/|[A-Z]:\\)[^\n]*?):\d+(?::\d+)?\)?$/gim;

/** More frames than a bundler's runtime puts between a module and the file that it stands in. */
const FRAMES = 50;

/**
 * The URLs or paths of the code that called the function, nearest first; empty if the engine does
 * not tell. The function must be running.
 */
export function callerFiles(f: unknown): readonly string[] {
  const errors = Error as unknown as ErrorClass;
  if (errors.captureStackTrace === undefined) return [];
  const { prepareStackTrace, stackTraceLimit } = errors;
  const place: { stack?: unknown } = {};
  set({ prepareStackTrace: (_, frames) => frames, stackTraceLimit: FRAMES });
  try {
    errors.captureStackTrace(place, f);
    const { stack } = place; // it is formatted by this first read
    if (typeof stack === "string") return [...stack.matchAll(PLACE)].map(([, file]) => file!);
    return (stack as readonly CallSite[]).map(fileOf).filter((file) => file !== undefined);
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

function fileOf(frame: CallSite): string | undefined {
  const file = frame.getScriptNameOrSourceURL?.() ?? frame.getFileName() ?? originOf(frame);
  return typeof file === "string" && file !== "" ? file : undefined;
}

/** The file of the `eval` in which the code stands. */
function originOf(frame: CallSite): string | undefined {
  const origin = frame.getEvalOrigin?.();
  return typeof origin === "string" ? /\(([^()]*):\d+:\d+\)+$/.exec(origin)?.[1] : undefined;
}
