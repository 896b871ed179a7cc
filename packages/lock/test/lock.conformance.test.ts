import { baseLockTests, lockTests, rlockInternalsTests, rlockTests, watchdog } from "@x/testkit";
import { Lock, RLock } from "@x/lock";
import { describe } from "vitest";

watchdog();

describe("Lock", () => {
  baseLockTests(() => new Lock());
  lockTests(() => new Lock());
});

describe("RLock", () => {
  baseLockTests(() => new RLock());
  rlockTests(() => new RLock());
  rlockInternalsTests(() => new RLock());
});
