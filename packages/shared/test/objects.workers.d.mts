import type { RLock } from "@x/lock";
import { SharedObject } from "@x/shared";

export class Account extends SharedObject {
  balance: number;
  owner: string;
  log: string[];
  lock: RLock;
  constructor(owner?: string);
  deposit(amount: number): void;
  get isEmpty(): boolean;
  set percent(percent: number);
}
export class Savings extends Account {
  rate: number;
  addInterest(): void;
}
export class Private extends SharedObject {
  reveal(): number;
}
export class Hidden extends SharedObject {
  value: number;
}
