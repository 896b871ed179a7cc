/** Tells whoever wants to know when a thread makes a primitive. Costs one look at a field where one is made in new memory. */
import { globalSlot } from "../global-slot.js";

const creations = /* @__PURE__ */ globalSlot("creation events 1", () => ({
  listener: undefined as ((kind: string) => void) | undefined,
}));

/** Calls `listener`, with the kind, for each primitive that this thread makes in new memory; undefined calls it no more. */
export function onPrimitiveMade(listener: ((kind: string) => void) | undefined): void {
  creations.listener = listener;
}

/** Says that a primitive of this kind is made in new memory. */
export function reportMade(kind: string): void {
  creations.listener?.(kind);
}

/** Calls `make`, and tells nobody what it makes. */
export function withoutReport<R>(make: () => R): R {
  const { listener } = creations;
  creations.listener = undefined;
  try {
    return make();
  } finally {
    creations.listener = listener;
  }
}
