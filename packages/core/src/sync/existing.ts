/** Primitives with a memory of their own, besides their words: how a class makes the object of a handle. */
import { describe } from "../check.js";
import { isSharedMemory, type MemoryPlacement } from "../memory/placement.js";
import { packageNameOf, placementOf, type PrimitiveHandle } from "./primitive.js";

/** The words and the memory of a primitive that exists. */
export class Existing {
  /** By a private field, because `instanceof` would ask a proxy, which may lie or throw. */
  static is(value: unknown): value is Existing {
    return typeof value === "object" && value !== null && #exists in value;
  }

  readonly #exists = true;

  constructor(
    readonly place: MemoryPlacement,
    readonly memory: SharedArrayBuffer,
  ) {}
}

/** For `from`. @throws TypeError if it is not the handle of this class */
export function existing(handle: PrimitiveHandle, Class: { readonly KIND: string }): Existing {
  const place = placementOf(handle, Class);
  const { memory } = handle as { readonly memory?: unknown };
  if (isSharedMemory(memory)) return new Existing(place, memory);
  const name = Class.KIND.replace(/.* /, "");
  throw new TypeError(
    `${packageNameOf(Class)}: from takes what share() of a ${name} returned, got ${describe(memory)} as its memory`,
  );
}
