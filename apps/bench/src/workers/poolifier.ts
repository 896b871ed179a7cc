/** The task of poolifier's pool. */
import { ThreadWorker } from "poolifier";

export const worker = new ThreadWorker(() => undefined);
