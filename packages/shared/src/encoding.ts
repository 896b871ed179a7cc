/** Values as bytes in a shared object. */
import { type EncodedValue, encodeValue, packToStay } from "@x/core/internal";

/**
 * Encodes a value of a shared object: threads read it again and again.
 *
 * @param memory the memory of the object's store; undefined if the value is only compared
 * @throws TypeError, with this name, if the value cannot travel
 */
export function encodeShared(value: unknown, name: string, memory: SharedArrayBuffer | undefined): EncodedValue {
  return packToStay(() => encodeValue(value, name, "shared", memory));
}
