import { Barrier } from "@x/barrier";
import { expose, Thread } from "@x/thread";
import { probe, same } from "./probe.mjs";

const COUNT = 100;
const LIMIT = 100_000;

export function meet(barrier) {
  barrier.wait(LIMIT);
  return 1;
}
expose({ meet });

await probe(() => {
  const barrier = new Barrier(COUNT + 1);
  const threads = Array.from({ length: COUNT }, () => new Thread({ target: meet, args: [barrier] }).start());
  barrier.wait(LIMIT);
  same(
    threads.reduce((sum, thread) => sum + thread.result(LIMIT), 0),
    COUNT,
    "the sum",
  );
});
