export type { AsyncOptions, Handle, Placement } from "@x/core";
export { Event } from "./event.js";
