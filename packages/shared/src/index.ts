export type { ContainerHandle, ContainerOptions } from "./container.js";
export type { Key } from "./key.js";
export { SharedArray } from "./shared-array.js";
export { SharedCounter } from "./shared-counter.js";
export type { SharedLock } from "./shared-lock.js";
export { sharedFields, SharedObject, sharedObject } from "./shared-object.js";
export { SharedMap } from "./shared-map.js";
export { SharedSet } from "./shared-set.js";
export { SharedValue, type SharedValueHandle } from "./shared-value.js";
export { struct } from "./struct.js";
export { StructArray, type StructArrayHandle, type StructColumn, type StructPart } from "./struct-array.js";
export type {
  Struct,
  StructClass,
  StructField,
  StructFields,
  StructHandle,
  StructInit,
  StructValues,
} from "./struct-types.js";
