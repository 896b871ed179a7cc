// Preloaded into every thread: notify of a Condition wakes no waiter.
import { Condition } from "@x/threading";

Condition.prototype.notify = () => undefined;
Condition.prototype.notifyAll = () => undefined;
