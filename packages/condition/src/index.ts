export type { AsyncOptions, Handle, Held, Placement } from "@x/core";
export { Condition, type ConditionHandle, type ConditionPlacement } from "./condition.js";
