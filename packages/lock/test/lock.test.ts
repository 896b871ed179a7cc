import { asyncHoldableTests, watchdog } from "@x/testkit";
import { Lock } from "@x/lock";
import { describe } from "vitest";

watchdog();

describe("Lock", () => {
  asyncHoldableTests(() => new Lock());
});
