// Preloaded into every thread: a Semaphore always has a permit.
import { Semaphore } from "@x/threading";

Semaphore.prototype.acquire = () => true;
Semaphore.prototype.acquireAsync = async () => true;
Semaphore.prototype.release = () => undefined;
