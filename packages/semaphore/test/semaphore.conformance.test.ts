import { baseSemaphoreTests, boundedSemaphoreTests, semaphoreTests, watchdog } from "@x/testkit";
import { BoundedSemaphore, Semaphore } from "@x/semaphore";
import { describe } from "vitest";

watchdog();

describe("Semaphore", () => {
  baseSemaphoreTests((value) => new Semaphore(value));
  semaphoreTests((value) => new Semaphore(value));
});

describe("BoundedSemaphore", () => {
  baseSemaphoreTests((value) => new BoundedSemaphore(value));
  boundedSemaphoreTests((value) => new BoundedSemaphore(value));
});
