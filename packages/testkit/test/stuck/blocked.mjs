import { describe, it } from "vitest";
import { watchdog } from "@x/testkit";

watchdog(300);

describe("some tests", () => {
  it("one that ends", () => undefined);
  it("one that blocks for ever", () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
