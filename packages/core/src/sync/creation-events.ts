/** Tells whoever wants to know when a thread makes a primitive. Costs one look at a field where one is made in new memory. */
import { realm } from "../global-slot.js";

/** Calls `listener`, with the kind, for each primitive that this thread makes in new memory; undefined calls it no more. */
export function onMake(listener: ((kind: string) => void) | undefined): void {
  realm.onMake = listener;
}

/** Says that a primitive of this kind is made in new memory. */
export function tellMade(kind: string): void {
  realm.onMake?.(kind);
}

/** Calls `make`, and tells nobody what it makes. */
export function untold<R>(make: () => R): R {
  const { onMake } = realm;
  realm.onMake = undefined;
  try {
    return make();
  } finally {
    realm.onMake = onMake;
  }
}
