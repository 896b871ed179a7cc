/**
 * Reports each new primitive of this thread, and each primitive that is packed, to a listener. Costs
 * a read of a field per primitive.
 */
import { globalSlot } from "../global-slot.js";

/**
 * Hears of primitives.
 *
 * @param kind of a primitive that this thread has made in new memory; undefined for a primitive that is
 *   packed, so other threads may get it
 */
type Listener = (primitive: object, kind?: string) => void;

const creations = /* @__PURE__ */ globalSlot("creation events 2", () => ({
  listener: undefined as Listener | undefined,
}));

/** Sets the listener, in place of the listener of an earlier call. Undefined removes it. */
export function listenToPrimitives(listener: Listener | undefined): void {
  creations.listener = listener;
}

/** Reports a primitive, as the parameters of a listener say. */
export function report(primitive: object, kind?: string): void {
  creations.listener?.(primitive, kind);
}

/** Calls `make` without reports of what it makes. */
export function withoutReport<R>(make: () => R): R {
  const { listener } = creations;
  return listening((primitive, kind) => kind === undefined && listener?.(primitive), make);
}

/** Calls `pack`, and returns the primitives that it packs, too. */
export function withPacked<R>(pack: () => R): { readonly result: R; readonly packed: readonly object[] } {
  const { listener } = creations;
  const packed: object[] = [];
  const note: Listener = (primitive, kind) => {
    if (kind === undefined) packed.push(primitive);
    listener?.(primitive, kind);
  };
  return { result: listening(note, pack), packed };
}

function listening<R>(listener: Listener, run: () => R): R {
  const before = creations.listener;
  creations.listener = listener;
  try {
    return run();
  } finally {
    creations.listener = before;
  }
}
