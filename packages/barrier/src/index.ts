export type { AsyncOptions, PrimitiveHandle, MemoryPlacement } from "@x/core";
export { Barrier, type BarrierHandle } from "./barrier.js";
export type { BarrierAction, BarrierOptions } from "./barrier-options.js";
export { BrokenBarrierError } from "./broken-barrier-error.js";
