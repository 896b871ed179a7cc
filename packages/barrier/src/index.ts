export type { AsyncOptions, Handle, Placement } from "@x/core";
export { Barrier, type BarrierAction, type BarrierHandle, type BarrierOptions } from "./barrier.js";
export { BrokenBarrierError } from "./broken-barrier-error.js";
