import { Condition } from "@x/condition";
import { Lock, RLock } from "@x/lock";
import { baseLockTests, conditionTests, lockTests, reentrantConditionTests, rlockTests, watchdog } from "@x/testkit";
import { describe } from "vitest";

watchdog();

describe("Condition over an RLock", () => {
  conditionTests(
    (lock) => new Condition(lock as RLock),
    () => new RLock(),
  );
  reentrantConditionTests(() => new Condition());
});

describe("Condition over a Lock", () => {
  conditionTests(
    (lock) => new Condition(lock as Lock),
    () => new Lock(),
  );
});

describe("B195: Condition as an RLock", () => {
  baseLockTests(() => new Condition());
  rlockTests(() => new Condition());
});

describe("Condition as a Lock", () => {
  baseLockTests(() => new Condition(new Lock()));
  lockTests(() => new Condition(new Lock()));
});
