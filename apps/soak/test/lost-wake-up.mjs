// Preloaded into every thread: a Condition that notifies nobody.
import { Condition } from "@x/threading";

Condition.prototype.notify = () => undefined;
Condition.prototype.notifyAll = () => undefined;
