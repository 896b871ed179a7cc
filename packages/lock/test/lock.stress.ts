import { blockingStress, mixedStress, watchdog } from "@x/testkit";
import { Lock, RLock } from "@x/lock";

watchdog();

blockingStress("Lock", () => new Lock(), 1);
mixedStress("Lock", () => new Lock(), 1);
blockingStress("RLock", () => new RLock(), 1);
