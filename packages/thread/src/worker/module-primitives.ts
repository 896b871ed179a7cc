/**
 * Warns if a thread creates a primitive for itself while it imports a module. In Python a
 * module-level lock is global, because the module is loaded once. Here each importing thread makes
 * its own lock, and such a lock excludes no other thread.
 */
import { listenToPrimitives } from "@x/core/internal";
import { thisWorker } from "../table/this-worker.js";
import { stackOf } from "../diagnostics/call-stack.js";
import { warnOnce } from "./warn-once.js";

/** For `node --disable-warning=THREADING_MODULE_PRIMITIVE`. */
const CODE = "THREADING_MODULE_PRIMITIVE";

/**
 * Starts to record the primitives made by imports. It returns a function. The function stops the
 * recording, warns of each place, and returns true if there was any.
 */
export function watchImports(thread: string): () => boolean {
  /** The kinds of the primitives made at each place, and the places of the primitives. */
  const kinds = new Map<string, string>();
  const places = new Map<object, string>();
  const hear = (primitive: object, kind?: string): void => {
    // Packed: handed to sharedGlobals, or put into a shared object, of which a warning may come.
    if (kind === undefined) return void kinds.delete(places.get(primitive) ?? "");
    const place = placeOf(stackOf(hear)) ?? thisWorker.importing ?? "a module";
    if (isOfOthers(place)) return;
    places.set(primitive, place);
    if (!kinds.has(place)) kinds.set(place, kind.replace(/.* /, ""));
  };
  listenToPrimitives(hear);
  return () => {
    listenToPrimitives(undefined);
    let hasWarned = false;
    for (const [place, name] of kinds) {
      if (warnOnce(textOf(thread, name, place), CODE, place)) hasWarned = true;
    }
    return hasWarned;
  };
}

function textOf(thread: string, name: string, place: string): string {
  const field = name.charAt(0).toLowerCase() + name.slice(1);
  return (
    `thread: each thread that imports a module makes its own ${name} at ${place} (${thread} just did), which no other thread has; ` +
    `share one: sharedGlobals({ ${field}: new ${name}() }), or pass it as an argument`
  );
}

/** The line of the user's code: the first frame below the constructors. */
function placeOf(stack: string): string | undefined {
  const isConstructor = (frame: string): boolean => /^\s*at new /.test(frame);
  const frames = stack.split("\n");
  const line = frames.slice(frames.findIndex(isConstructor)).find((frame) => !isConstructor(frame));
  return /([^\s()]+:\d+:\d+)\)?\s*$/.exec(line ?? "")?.[1];
}

/** An installed package may do this on purpose, and the user could not change it. */
function isOfOthers(place: string): boolean {
  return /[\\/]node_modules[\\/]/.test(place);
}
