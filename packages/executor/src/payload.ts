/** Arguments and results, encoded for the store. */
import { encodeValue, PACKED, type Parcel, PLAIN, type Tails } from "@x/core/internal";

/** A 32-bit integer, in a word; of arguments: the only one. */
export const INTEGER = 2;
/** Undefined; of arguments: none. */
export const NOTHING = 3;

export { PACKED, PLAIN };

export interface Payload {
  /** {@link INTEGER}, {@link NOTHING}, or a kind of core's value-bytes.ts. */
  readonly kind: number;
  readonly integer: number;
  /** Valid until this thread encodes the next value. */
  readonly bytes: Uint8Array;
  /** Its large buffers, valid for the same time. */
  readonly tails?: Tails;
  /** The numbers of the memory kept for the bytes. */
  readonly names: readonly number[];
  /** The objects that move with the bytes, at their publication. */
  readonly parcel?: Parcel | undefined;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
const NO_NAMES: readonly number[] = [];

const nothing: Payload = { kind: NOTHING, integer: 0, bytes: NO_BYTES, names: NO_NAMES };

/**
 * @param transfer the objects that move with the value
 * @throws TypeError if the value cannot travel
 */
export function payloadOf(
  value: unknown,
  name: string,
  memory: SharedArrayBuffer,
  transfer?: readonly object[],
): Payload {
  if (value === undefined) return nothing;
  return isInteger(value) ? integerOf(value) : encoded(value, name, memory, transfer);
}

/** @throws TypeError if an argument cannot travel */
export function payloadOfArgs(
  args: readonly unknown[],
  memory: SharedArrayBuffer,
  transfer?: readonly object[],
): Payload {
  if (transfer !== undefined && transfer.length > 0) return encoded(args, "args", memory, transfer);
  if (args.length === 0) return nothing;
  return args.length === 1 && isInteger(args[0]) ? integerOf(args[0]) : encoded(args, "args", memory);
}

/** The payload with bytes of its own, because other code runs before it is stored. */
export function kept(payload: Payload): Payload {
  return { ...payload, bytes: payload.bytes.slice(), tails: payload.tails?.map((tail) => tail.slice()) };
}

function isInteger(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value && !Object.is(value, -0);
}

function integerOf(integer: number): Payload {
  return { kind: INTEGER, integer, bytes: NO_BYTES, names: NO_NAMES };
}

function encoded(value: unknown, name: string, memory: SharedArrayBuffer, transfer?: readonly object[]): Payload {
  const { kind, bytes, tails, names = NO_NAMES, parcel } = encodeValue(value, name, "executor", memory, transfer, true);
  return { kind, integer: 0, bytes, tails, names, parcel };
}
