export { Condition, type ConditionHandle, type ConditionPlacement } from "./condition.js";
