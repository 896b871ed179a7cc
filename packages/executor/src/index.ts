export { type AsyncOptions } from "@x/core";
export { BrokenExecutor, CancelledError, InvalidStateError } from "./errors.js";
