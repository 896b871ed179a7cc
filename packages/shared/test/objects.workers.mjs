/** Classes of shared objects, for threads. */
import { RLock } from "@x/lock";
import { expose } from "@x/core";
import { SharedObject } from "@x/shared";

export class Account extends SharedObject {
  balance = 0;
  owner;
  log = [];
  lock = new RLock();

  constructor(owner = "nobody") {
    super();
    this.owner = owner;
  }

  deposit(amount) {
    this.lock.with(() => {
      this.balance += amount;
    });
  }

  get isEmpty() {
    return this.balance === 0;
  }

  set percent(percent) {
    this.balance = percent / 100;
  }
}

export class Savings extends Account {
  rate = 0.5;
  addInterest() {
    this.deposit(this.balance * this.rate);
  }
}

export class Private extends SharedObject {
  #secret = 1;
  reveal() {
    return this.#secret;
  }
}

export class Hidden extends SharedObject {
  value = 1;
}

expose(import.meta.url, { Account, Private, Savings });
