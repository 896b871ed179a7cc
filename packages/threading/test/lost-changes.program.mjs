/** What lost-changes.test.ts runs in processes of its own. */
import { SharedObject } from "@x/shared";
import { expose, isMainThread, Lock, Thread } from "@x/threading";

export class Account {
  lock = new Lock();
  balance = 0;
}
export class SharedAccount extends SharedObject {
  lock = new Lock();
  balance = 0;
}
export function deposit(account) {
  account.lock.with(() => account.balance++);
}
export function returns(account) {
  deposit(account);
  return account;
}
export function reads(account) {
  account.lock.with(() => account.balance);
}
export function deepDeposit(accounts) {
  accounts.forEach(deposit);
}
export class Countdown extends Thread {
  running = true;
  left = 3;
  lock = new Lock();
  run() {
    this.lock.with(() => this.left--);
  }
}
expose(import.meta.url, { Account, SharedAccount, deposit, returns, reads, deepDeposit, Countdown });

const run = (target, make) => {
  const threads = [1, 2].map(() => new Thread({ target, args: [make()] }).start());
  for (const thread of threads) thread.join();
};

/** Starts a countdown, holds it up, does `change` meanwhile, and joins it. */
function meanwhile(change) {
  const thread = new Countdown();
  thread.lock.with(() => {
    thread.start();
    change(thread);
  });
  thread.join();
}

const programs = {
  "a class": () => run(deposit, () => new Account()),
  "a plain object": () => run(deposit, () => ({ lock: new Lock(), balance: 0 })),
  "a list": () => run(deepDeposit, () => [new Account(), new Account()]),
  returned: () => run(returns, () => new Account()),
  "only read": () => run(reads, () => new Account()),
  shared: () => run(deposit, () => new SharedAccount()),
  "a flag": () => meanwhile((thread) => (thread.running = false)),
  "a new field": () => meanwhile((thread) => (thread.note = "mine")),
  "no field": () => meanwhile(() => undefined),
};

if (isMainThread) programs[process.argv[2]]();
