import { blockingStress, mixedStress, watchdog } from "@x/testkit";
import { BoundedSemaphore, Semaphore } from "@x/semaphore";

watchdog();

blockingStress("Semaphore(1)", () => new Semaphore(1), 1);
mixedStress("Semaphore(1)", () => new Semaphore(1), 1);
blockingStress("BoundedSemaphore(3)", () => new BoundedSemaphore(3), 3);
mixedStress("BoundedSemaphore(2)", () => new BoundedSemaphore(2), 2);
