/** Makes primitives at the top of the module, in the way that the query says. */
import { SharedObject, sharedObject, struct } from "@x/shared";
import { Condition, expose, Lock, Queue, RLock, sharedGlobals, Thread } from "@x/threading";

const { search } = new URL(import.meta.url);

const made = [];
if (search === "?top") {
  for (let i = 0; i < 2; i++) made.push(new Lock());
  made.push(new Condition());
} else if (search.startsWith("?objects")) {
  const Point = struct({ x: "f64" });
  class Account extends SharedObject {
    balance = 0;
    lock = new RLock();
  }
  const lock = new Lock();
  const queue = new Queue();
  const account = new Account();
  const point = new Point();
  const inside = new Lock();
  const state = sharedObject({ inside });
  expose(import.meta.url, { Account });
  if (search === "?objects-shared") sharedGlobals({ lock, queue, account, point, state });
} else {
  made.push(new Lock({ buffer: new SharedArrayBuffer(Lock.BYTES) }), sharedGlobals({ lock: () => new Lock() }).lock);
}

export const work = () => new Lock().with(() => made.length);
expose({ work });

export function run(threads) {
  const all = Array.from({ length: threads }, () => new Thread({ target: work }).start());
  for (const thread of all) thread.result();
}
