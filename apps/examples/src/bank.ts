/**
 * The bank of every tutorial. Clients deposit into one account, and move money between accounts. The
 * accounts are objects whose fields are the same in all threads.
 */
import { RLock } from "@x/lock";
import { SharedObject } from "@x/shared";
import { expose, Thread } from "@x/thread";

class Account extends SharedObject {
  balance = 0;
  lock = new RLock();

  constructor(readonly number: number) {
    super();
  }

  deposit(amount: number): void {
    this.lock.with(() => {
      this.balance += amount; // reads the field, and writes it
    });
  }

  /** Moves money. All threads take the lock of the lower number first, so no deadlock arises. */
  transfer(amount: number, to: Account): boolean {
    const [first, second] = this.number < to.number ? [this.lock, to.lock] : [to.lock, this.lock];
    return first.with(() =>
      second.with(() => {
        if (this.balance < amount) return false;
        this.balance -= amount;
        to.balance += amount;
        return true;
      }),
    );
  }
}

/** Deposits 1 at a time, and then moves money to and fro. Returns how many transfers were refused. */
function client(accounts: readonly Account[], times: number, seed: number): number {
  let refused = 0;
  for (let i = 0; i < times; i++) accounts[0]!.deposit(1);
  for (let i = 0; i < times; i++) {
    const from = accounts[(i + seed) % accounts.length]!;
    const to = accounts[(i * 7 + seed + 1) % accounts.length]!;
    if (from !== to && !from.transfer(i % 5, to)) refused++;
  }
  return refused;
}
expose({ Account, client });

export function main({ clients = 3, accounts = 4, times = 1000 } = {}): void {
  const all = Array.from({ length: accounts }, (_, number) => new Account(number));
  const threads = Array.from({ length: clients }, (_, seed) =>
    new Thread({ target: client, args: [all, times, seed] }).start(),
  );
  const refused = threads.map((thread) => thread.result()).reduce((sum, n) => sum + n, 0);
  const total = all.reduce((sum, { balance }) => sum + balance, 0);
  console.log(`${clients} clients deposited ${clients * times}, and the accounts hold ${total}`);
  console.log(`no account is overdrawn: ${all.every(({ balance }) => balance >= 0) ? "yes" : "no"}`);
  console.log(`transfers refused for lack of money: ${refused > 0 ? "some" : "none"}`);
}
