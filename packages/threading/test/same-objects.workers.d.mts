import { type Condition, Lock } from "@x/threading";

export class Named extends Lock {
  name: string;
}

export function echo<T>(value: T): T;
export function isOne(lock: Lock, condition: Condition<Lock>, list: Lock[]): boolean[];
export function throwsWith(lock: Lock): never;
export function isCommon(lock: Lock): boolean;
export function theCommon(): Lock;
