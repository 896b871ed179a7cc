/**
 * Reports each new primitive of this thread, and each primitive that is packed, to a listener. Costs
 * a read of a field per primitive.
 */
import { globalSlot } from "../global-slot.js";

/** What hears of primitives. */
interface PrimitiveListener {
  /** This thread has made a primitive of this kind, in new memory. */
  made?(kind: string, primitive: object): void;
  /** A primitive is packed, so other threads may get it. */
  packed?(primitive: object): void;
}

const creations = /* @__PURE__ */ globalSlot("creation events 2", () => ({
  listener: undefined as PrimitiveListener | undefined,
}));

/** Sets the listener, in place of the listener of an earlier call. Undefined removes it. */
export function listenToPrimitives(listener: PrimitiveListener | undefined): void {
  creations.listener = listener;
}

/** Reports a primitive of this kind in new memory. */
export function reportMade(kind: string, primitive: object): void {
  creations.listener?.made?.(kind, primitive);
}

/** Reports a primitive that is packed. */
export function reportPacked(primitive: object): void {
  creations.listener?.packed?.(primitive);
}

/** Calls `make` without reports of what it makes. */
export function withoutReport<R>(make: () => R): R {
  const { listener } = creations;
  return listening({ packed: (primitive) => listener?.packed?.(primitive) }, make);
}

/** Calls `pack`, and returns the primitives that it packs, too. */
export function withPacked<R>(pack: () => R): { readonly result: R; readonly packed: readonly object[] } {
  const { listener } = creations;
  const packed: object[] = [];
  const note = (primitive: object): void => {
    packed.push(primitive);
    listener?.packed?.(primitive);
  };
  return { result: listening({ packed: note }, pack), packed };
}

function listening<R>(listener: PrimitiveListener, run: () => R): R {
  const before = creations.listener;
  creations.listener = listener;
  try {
    return run();
  } finally {
    creations.listener = before;
  }
}
