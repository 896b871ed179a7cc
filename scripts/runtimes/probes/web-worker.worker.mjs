// The other side of web-worker.mjs.
import { Lock } from "@x/lock";

globalThis.onmessage = ({ data: { handle, tally, times } }) => {
  const lock = Lock.from(handle);
  for (let i = 0; i < times; i++) lock.with(() => tally[0]++);
  Atomics.store(tally, 1, 1);
  Atomics.notify(tally, 1);
};
