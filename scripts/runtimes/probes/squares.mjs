// The smallest program with a thread.
import { expose, Thread } from "@x/thread";
import { LONG, probe, same } from "./probe.mjs";

export const square = (x) => x * x;
expose({ square });

await probe(() => same(new Thread({ target: square, args: [7] }).start().result(LONG), 49, "a result"));
