/** Tells whoever wants to know when a thread makes a primitive. Costs one look at a field where one is made in new memory. */
import { realm } from "../global-slot.js";

/** Calls `listener`, with the kind, for each primitive that this thread makes in new memory; undefined calls it no more. */
export function onPrimitiveMade(listener: ((kind: string) => void) | undefined): void {
  realm.onPrimitiveMade = listener;
}

/** Says that a primitive of this kind is made in new memory. */
export function reportMade(kind: string): void {
  realm.onPrimitiveMade?.(kind);
}

/** Calls `make`, and tells nobody what it makes. */
export function withoutReport<R>(make: () => R): R {
  const { onPrimitiveMade: onPrimitiveMade } = realm;
  realm.onPrimitiveMade = undefined;
  try {
    return make();
  } finally {
    realm.onPrimitiveMade = onPrimitiveMade;
  }
}
