/** The tasks of workerpool's pool. */
import { Transfer, worker } from "workerpool";
import { work } from "../work.js";

worker({
  nothing: () => undefined,
  same: (argument: unknown) => argument,
  back: (argument: ArrayBuffer) => new Transfer(argument, [argument]),
  work,
});
