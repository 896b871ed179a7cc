// A package whose function starts a thread, under a lock of its caller.
import { expose, Thread } from "@x/threading";
import { square } from "./tasks.js";

export function cube(x, lock) {
  return lock.with(() => x * new Thread({ target: square, args: [x] }).start().result(20_000));
}
expose({ cube });
