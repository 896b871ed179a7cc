/** Makes primitives at the top of the module, in the way that the query says. */
import { Condition, expose, Lock, sharedGlobals, Thread } from "@x/threading";

const { search } = new URL(import.meta.url);

const made = [];
if (search === "?top") {
  for (let i = 0; i < 2; i++) made.push(new Lock());
  made.push(new Condition());
} else {
  made.push(new Lock({ buffer: new SharedArrayBuffer(Lock.BYTES) }), sharedGlobals({ lock: () => new Lock() }).lock);
}

export const work = () => new Lock().with(() => made.length);
expose({ work });

export function run(threads) {
  const all = Array.from({ length: threads }, () => new Thread({ target: work }).start());
  for (const thread of all) thread.result();
}
