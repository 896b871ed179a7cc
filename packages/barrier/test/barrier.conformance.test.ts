import { Barrier } from "@x/barrier";
import { barrierActionTests, barrierTests, watchdog } from "@x/testkit";
import { describe } from "vitest";

watchdog();

describe("Barrier", () => {
  barrierTests((parties, action, timeout) => new Barrier(parties, action, timeout));
  barrierActionTests((parties, action, timeout) => new Barrier(parties, { action, timeout }));
});
