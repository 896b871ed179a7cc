/**
 * Reports each new primitive of this thread to a listener. Costs a read of a field per primitive.
 */
import { globalSlot } from "../global-slot.js";

const creations = /* @__PURE__ */ globalSlot("creation events 1", () => ({
  listener: undefined as ((kind: string) => void) | undefined,
}));

/**
 * Calls `listener` with the kind of each primitive that this thread makes in new memory. Replaces
 * the listener of an earlier call; undefined removes it.
 */
export function onPrimitiveMade(listener: ((kind: string) => void) | undefined): void {
  creations.listener = listener;
}

/** Reports a primitive of this kind in new memory. */
export function reportMade(kind: string): void {
  creations.listener?.(kind);
}

/** Calls `make` without reports. */
export function withoutReport<R>(make: () => R): R {
  const { listener } = creations;
  creations.listener = undefined;
  try {
    return make();
  } finally {
    creations.listener = listener;
  }
}
