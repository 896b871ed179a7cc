/**
 * Warns of a primitive that a thread makes for itself while it imports a module: Python's global lock, written line by line. There the module is
 * loaded once; here each thread that imports it makes a lock of its own, which excludes nobody, and nothing would say so.
 */
import { ifItThrows, onPrimitiveMade, pack, unpack } from "@x/core";
import { host } from "../platform/host.js";
import { here } from "../table/this-worker.js";
import { share } from "../runtime/supervisor-client.js";
import { stackOf } from "../diagnostics/call-stack.js";

/** For `node --disable-warning=THREADING_MODULE_PRIMITIVE`. */
const CODE = "THREADING_MODULE_PRIMITIVE";

/** Begins to note which primitives are made; what is returned warns of them, and says whether there were any. */
export function watchImports(thread: string): () => boolean {
  const made = new Map<string, string>();
  const note = (kind: string): void => {
    const place = placeOf(stackOf(note)) ?? here.importing ?? "a module";
    if (!isOfOthers(place) && !made.has(place)) made.set(place, kind.replace(/.* /, ""));
  };
  onPrimitiveMade(note);
  return () => {
    onPrimitiveMade(undefined);
    let hasWarned = false;
    for (const [place, name] of made) {
      if (!isFirst(place)) continue;
      hasWarned = true;
      host().warn(textOf(thread, name, place), CODE);
    }
    return hasWarned;
  };
}

function textOf(thread: string, name: string, place: string): string {
  const field = name.charAt(0).toLowerCase() + name.slice(1);
  return (
    `thread: each thread that imports a module makes its own ${name} at ${place} (${thread} just did), which no other thread has; ` +
    `let all have one: shared(import.meta, { ${field}: () => new ${name}() }), or hand it over as an argument`
  );
}

/** The line of the user's code: the first in the stack behind the constructors. */
function placeOf(stack: string): string | undefined {
  const isConstructor = (frame: string): boolean => /^\s*at new /.test(frame);
  const frames = stack.split("\n");
  const line = frames.slice(frames.findIndex(isConstructor)).find((frame) => !isConstructor(frame));
  return /([^\s()]+:\d+:\d+)\)?\s*$/.exec(line ?? "")?.[1];
}

/** A package that the user has installed may mean what it does, and the user could not change it. */
function isOfOthers(place: string): boolean {
  return /[\\/]node_modules[\\/]/.test(place);
}

/** Is this the first thread of the process that warns of the place? */
function isFirst(place: string): boolean {
  const mine = `${here.worker}`;
  const first = ifItThrows<unknown>(mine, () => {
    const agreed = share(`${CODE} ${place}`, pack(mine));
    return agreed && unpack(agreed);
  });
  return first === mine;
}
