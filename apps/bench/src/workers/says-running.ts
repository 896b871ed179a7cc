/** A bare worker of a module: writes to the word it was given, as soon as it runs. */
import { workerData } from "node:worker_threads";

const word = workerData as Int32Array;
Atomics.store(word, 0, 1);
Atomics.notify(word, 0);
