/** The arguments of `new Barrier`: checks both forms, and brings them into one. */
import { checkTimeout, describe, type MemoryPlacement } from "@x/core";
import { checkKeys, isTarget, type Target } from "@x/core/internal";

/**
 * The action of a barrier, called when all parties have arrived: a function, or an object with a
 * `call` method. Must not be async.
 */
export type BarrierAction = Target<[], unknown>;

/** The options of a new barrier, besides the number of parties. */
export interface BarrierOptions extends Partial<MemoryPlacement> {
  /** Called by the last party, before any party continues. */
  readonly action?: BarrierAction | undefined;
  /** The default timeout of `wait` in milliseconds. Default Infinity. */
  readonly timeout?: number | undefined;
}

const OPTIONS = ["action", "timeout", "buffer", "byteOffset", "kind"];
const ALIASES = { callback: "action", target: "action", func: "action", fn: "action" };

/**
 * Returns the options of both forms: `(parties, options)` and `(parties, action, timeout, place)`.
 */
export function optionsOf(
  first: BarrierOptions | BarrierAction | null | undefined,
  late: number | undefined,
  where: MemoryPlacement | undefined,
): { action: BarrierAction | undefined; timeout: number; place: MemoryPlacement | undefined } {
  let action: unknown = first ?? undefined;
  let isAction = isTarget(action);
  let timeout: unknown = late;
  let place = where;
  if (typeof first === "object" && first !== null && !isAction) {
    const options = first as BarrierOptions;
    checkKeys(options, OPTIONS, "barrier", ALIASES);
    ({ action, timeout } = options);
    const { buffer, byteOffset } = options;
    isAction = isTarget(action);
    if (buffer !== undefined || byteOffset !== undefined) place = { buffer, byteOffset } as MemoryPlacement;
  }
  if (action !== undefined && !isAction) {
    throw new TypeError(
      `barrier: expected an action (a function, or an object with a call method), or { action, timeout, buffer, byteOffset }, ` +
        `got ${describe(action)}`,
    );
  }
  if (timeout === undefined) timeout = Infinity;
  checkTimeout(timeout, "barrier");
  return { action: action as BarrierAction | undefined, timeout, place };
}
