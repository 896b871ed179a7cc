/** What the pool of poolifier runs. */
import { ThreadWorker } from "poolifier";

export const worker = new ThreadWorker(() => undefined);
