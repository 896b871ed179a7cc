import { readFileSync } from "node:fs";
import { expose, setExceptHook, Thread } from "@x/thread";
import { LONG, probe, same, thrownBy } from "./probe.mjs";

export class Rejected extends Error {
  name = "Rejected";
  row = 7;
}
export function fail(kind) {
  if (kind === "own") throw new Rejected("own", { cause: new RangeError("cause") });
  if (kind === "many") throw new AggregateError([new TypeError("one"), 2], "many");
  readFileSync("/no such file");
}
expose({ fail, Rejected });

await probe(() => {
  setExceptHook(() => undefined);
  const [own, many, system] = ["own", "many", "system"].map((kind) => {
    const thread = new Thread({ target: fail, args: [kind] }).start();
    return thrownBy(() => thread.result(LONG));
  });
  same(own instanceof Rejected && own.row, 7, "a field of an own error");
  same(own.cause instanceof RangeError && own.cause.message, "cause", "its cause");
  if (!own.stack.includes("errors.mjs")) return "the stack does not tell where it was thrown";
  same(many instanceof AggregateError && many.errors[0] instanceof TypeError, true, "AggregateError");
  same([system.code, system.syscall], ["ENOENT", "open"], "code and syscall");
  try {
    new Uint8Array(new SharedArrayBuffer(8), 0, 9);
  } catch (error) {
    same(error instanceof RangeError, true, "RangeError");
  }
});
