export type { AsyncOptions, PrimitiveHandle, Held, MemoryPlacement } from "@x/core";
export { Condition, type ConditionHandle, type ConditionPlacement } from "./condition.js";
