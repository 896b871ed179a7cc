import { inspect } from "node:util";
import { bunch, watchdog } from "@x/testkit";
import { pack, unpack } from "@x/core";
import { SharedObject, sharedObject } from "@x/shared";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Account, Hidden, Private, Savings } from "./objects.workers.mjs";

watchdog();

describe("a SharedObject", () => {
  it("has the fields of its class, and those that its constructor sets", () => {
    const account = new Account("Ada");
    expect([account.balance, account.owner, account.log, account.isEmpty]).toEqual([0, "Ada", [], true]);
    expect(Object.keys(account)).toEqual(["balance", "owner", "log", "lock"]);
    expect(account).toBeInstanceOf(Account);
    expect(account).toBeInstanceOf(SharedObject);
  });

  it("has one balance in all threads, so no deposit is lost", () => {
    const account = new Account();
    bunch(
      4,
      (account) => {
        for (let i = 0; i < 250; i++) account.deposit(1);
      },
      [account],
    ).join();
    expect(account.balance).toBe(1000);
    expect(account.lock.locked()).toBe(false);
  });

  it("made by one thread gets fields from another", () => {
    const account = new Account() as Account & { note?: string };
    bunch(
      1,
      (account) => {
        account.note = "from there";
        account.log = [...account.log, "one"];
        account.owner = "Grace";
        account.percent = 50;
      },
      [account],
    ).join();
    expect([account.note, account.log, account.owner, account.balance]).toEqual(["from there", ["one"], "Grace", 0.5]);
    expect("note" in account).toBe(true);
    expect(Object.keys(account)).toEqual(["balance", "owner", "log", "lock", "note"]);
  });

  it("of a subclass of a subclass arrives with all methods", () => {
    const savings = new Savings();
    savings.deposit(100);
    bunch(1, (savings) => void savings.addInterest(), [savings]).join();
    expect(savings.balance).toBe(150);
  });

  it("loses a field that is deleted, in all threads", () => {
    const account = new Account() as Partial<Account>;
    delete account.owner;
    const seen = bunch(1, (account) => ["owner" in account, account.owner, Object.keys(account)], [account]).join();
    expect(seen).toEqual([[false, undefined, ["balance", "log", "lock"]]]);
    account.owner = "again";
    expect(account.owner).toBe("again");
  });

  it("comes back as the same object", () => {
    const account = new Account();
    expect(unpack(pack(account))).toBe(account);
    expect(bunch(1, (account) => account, [account]).join()[0]).toBe(account);
  });

  it("keeps its own lock as one object, so a thread may compare it", () => {
    const account = new Account();
    expect(account.lock).toBe(account.lock);
    account.lock.acquire();
    expect(bunch(1, (account) => account.lock.acquire(0), [account]).join()).toEqual([false]);
    account.lock.release();
  });

  it("whose class is not exposed is refused when it travels, with the cure", () => {
    const hidden = new Hidden();
    expect(hidden.value).toBe(1);
    expect(() => pack({ hidden })).toThrow(/expose\(\{ Hidden \}\)/);
  });

  it("with a #private field is refused when it is made, with the cure", () => {
    expect(() => new Private()).toThrow(/class Private has the private field #secret, .* make it an ordinary field/);
  });

  it("refuses what cannot travel, with the name of the field, and keeps the old value", () => {
    const account = new Account("Ada");
    expect(() => (account.owner = Symbol("s") as never)).toThrow(/Account\.owner/);
    expect(() => ((account as never as { f: unknown }).f = () => 1)).toThrow(/Account\.f/);
    expect([account.owner, "f" in account]).toEqual(["Ada", false]);
  });

  it("refuses fields that other threads could not see", () => {
    const account = new Account();
    expect(() => Object.defineProperty(account, "x", { get: () => 1, configurable: true })).toThrow(
      "shared: Account.x is a getter or setter of one object; define it in the class",
    );
    expect(() => Object.freeze(account)).toThrow("shared: an object of Account cannot be frozen");
    expect(() => ((account as never as Record<symbol, number>)[Symbol("s")] = 1)).toThrow("which threads do not share");
  });

  it("is shown with its fields", () => {
    const account = sharedObject({ balance: 3, list: [1] });
    expect(JSON.stringify(account)).toBe('{"balance":3,"list":[1]}');
    expect(inspect(new Account("Ada"))).toMatch(/^Account \{\s+balance: 0,\s+owner: 'Ada'/);
    expect(() => structuredClone(account)).toThrow();
  });

  it("is never read half, while a thread changes it", () => {
    const state = sharedObject({ text: "", stop: false });
    const writers = bunch(
      2,
      (state) => {
        for (let i = 0; !state.stop; i++) state.text = String.fromCharCode(97 + (i % 26)).repeat(i % 300);
      },
      [state],
    );
    const strange = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const { text } = state;
      if (new Set(text).size > 1) strange.add(text);
    }
    state.stop = true;
    writers.join();
    expect([...strange]).toEqual([]);
  });

  it("gets each new field once, whichever threads add it", () => {
    const state = sharedObject<Record<string, number>>({});
    bunch(
      4,
      (state) => {
        for (let i = 0; i < 50; i++) state[`field ${i}`] ??= i;
      },
      [state],
    ).join();
    expect(Object.keys(state).sort()).toEqual(Array.from({ length: 50 }, (_, i) => `field ${i}`).sort());
    expect(state["field 7"]).toBe(7);
  });

  it("knows the types of its fields", () => {
    expectTypeOf(sharedObject({ n: 1 })).toEqualTypeOf<{ n: number }>();
    expectTypeOf<Savings["rate"]>().toEqualTypeOf<number>();
    expect(sharedObject({ n: 1 }).n).toBe(1);
  });
});
