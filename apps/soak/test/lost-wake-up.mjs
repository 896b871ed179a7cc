// Preloaded into every thread: a Condition whose notify wakes no waiter.
import { Condition } from "@x/threading";

Condition.prototype.notify = () => undefined;
Condition.prototype.notifyAll = () => undefined;
