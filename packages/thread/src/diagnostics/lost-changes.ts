/**
 * Finds lost changes: no other thread sees them. In Python all threads have the same objects. Here a
 * thread has copies of its arguments, and of the fields of its Thread:
 *     account = { lock: new Lock(), balance: 0 };   // each thread raises the balance of its copy
 *     thread.running = false;                       // the thread reads its own field
 */
import { PACK } from "@x/core";

/** For `node --disable-warning=THREADING_LOST_CHANGE`. */
export const LOST_CHANGE = "THREADING_LOST_CHANGE";

/** More fields than an object with a lock has, and more objects than such a list has. */
const MANY = 32;

type Fields = Readonly<Record<string, unknown>>;

/** An object, and its fields at the start of the thread. */
interface Copy {
  readonly object: object;
  readonly before: Fields;
}

/** The text for the starter's changes: the returning fields replace them. Undefined if there are none. */
export function lostFields(
  thread: object,
  name: string,
  before: Fields | undefined,
  after: Fields | undefined,
): string | undefined {
  if (before === undefined || after === undefined) return undefined;
  const lost = changedFields(thread, before).filter(
    (key) => Object.hasOwn(after, key) && !Object.is(after[key], (thread as Fields)[key]),
  );
  if (lost.length === 0) return undefined;
  return (
    `thread: after its start ${name} did not see the change of ${lost.join(", ")}, because it has fields of its own, and they come back at its end; ` +
    "name it in static shared of the class, or use an Event"
  );
}

/**
 * Notes the arguments with the look of shared state: objects with a primitive beside other values.
 * Most arguments are no such objects.
 */
export function copiesOf(args: readonly unknown[]): readonly Copy[] {
  const copies: Copy[] = [];
  for (const arg of args) {
    if (typeof arg !== "object" || arg === null) continue;
    const objects: readonly unknown[] = Array.isArray(arg) ? arg.slice(0, MANY) : [arg];
    for (const object of objects) if (looksShared(object)) copies.push({ object, before: { ...object } });
  }
  return copies;
}

/** The text for the changes of a thread to its copies; undefined if there are none. */
export function lostChanges(copies: readonly Copy[], name: string): string | undefined {
  for (const { object, before } of copies) {
    const changed = changedFields(object, before);
    if (changed.length === 0) continue;
    const className = (object.constructor as { readonly name?: unknown } | undefined)?.name;
    const isPlain = className === "Object" || typeof className !== "string" || className === "";
    return (
      `thread: ${name} changed ${changed.join(", ")} of its copy of ${isPlain ? "an object" : `class ${className}`}, which no other thread sees; ` +
      `${isPlain ? "make it by sharedObject() of @x/shared" : "let the class extend SharedObject of @x/shared"}, or return it as the result`
    );
  }
  return undefined;
}

function changedFields(object: object, before: Fields): string[] {
  return Object.keys(before).filter((key) => !Object.is((object as Fields)[key], before[key]));
}

function looksShared(object: unknown): object is object {
  if (typeof object !== "object" || object === null || isReference(object) || ArrayBuffer.isView(object)) return false;
  let [count, references] = [0, 0];
  for (const key in object) {
    if (++count > MANY) return false;
    const value = (object as Fields)[key];
    if (typeof value === "object" && value !== null && isReference(value)) references++;
  }
  return references > 0 && references < count;
}

/** True for a primitive, a thread or a shared object: all threads have the same. */
function isReference(value: object): boolean {
  return PACK in value;
}
