export type { AsyncOptions, PrimitiveHandle, MemoryPlacement } from "@x/core";
export { Event } from "./event.js";
