/** The tasks of poolifier's pool. */
import { ThreadWorker } from "poolifier";
import { work } from "../work.js";

export const worker = new ThreadWorker<unknown, unknown>({
  nothing: () => undefined,
  same: (argument: unknown) => argument,
  work: (turns: unknown) => work(turns as number),
});
