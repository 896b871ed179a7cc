/**
 * The way of @x/thread to objects whose fields are the same in all threads. @x/shared has their class, and
 * most programs need no such fields: so it says how to make them when it is loaded.
 */
import { globalSlot } from "../global-slot.js";

type Fields = Readonly<Record<string, unknown>>;

const slot = /* @__PURE__ */ globalSlot("shared fields 1", () => ({
  make: undefined as ((fields: Fields) => object) | undefined,
}));

/** Says how to make an object with these fields, which are the same in all threads. */
export function makeSharedFieldsBy(make: (fields: Fields) => object): void {
  slot.make = make;
}

/** An object with these fields, which are the same in all threads; undefined if @x/shared is not loaded. */
export function sharedFieldsFrom(fields: Fields): object | undefined {
  return slot.make?.(fields);
}
