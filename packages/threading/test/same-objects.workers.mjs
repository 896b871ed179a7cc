/** The functions of the threads in same-objects.test.ts. */
import { expose, Lock, sharedGlobals } from "@x/threading";

export function echo(value) {
  return value;
}

/** Returns for each argument that came twice whether both are one object. */
export function isOne(lock, condition, list) {
  return [condition.lock === lock, list.every((item) => item === list[0]), list[0] === lock];
}

export function throwsWith(lock) {
  throw Object.assign(new Error("dies with it"), { lock });
}

/** Asked for in a function: in a page, a module is evaluated before its thread begins. */
const common = () => sharedGlobals({ common: () => new Lock() }).common;

export function isCommon(lock) {
  return lock === common();
}

export function theCommon() {
  return common();
}

export class Named extends Lock {
  name = "";
}

expose({ Named, echo, isOne, throwsWith, isCommon, theCommon });
