import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { expose, mainThread, Thread } from "@x/thread";
import { LONG, probe, same } from "./probe.mjs";

export function look(all, cycle) {
  all.lock.acquire();
  all.nested.get("events")[1].set();
  return [
    ...[all.date.getTime(), all.pattern.flags, String(all.big), all.bytes[2], all.set.has(7)],
    ...[cycle.self === cycle, all.main === mainThread(), all.same === all.lock, all],
  ];
}
expose({ look });

await probe(() => {
  const lock = new Lock();
  const events = [new Event(), new Event()];
  const cycle = {};
  cycle.self = cycle;
  const all = {
    ...{ lock, same: lock, nested: new Map([["events", events]]), date: new Date(5), pattern: /x/gi, big: 2n ** 70n },
    ...{ bytes: new Uint8Array([1, 2, 3]), set: new Set([7]), main: mainThread(), many: Array(1000).fill(lock) },
  };
  const seen = new Thread({ target: look, args: [all, cycle] }).start().result(LONG);
  const home = seen.pop();
  same(seen, [5, "gi", String(2n ** 70n), 3, true, true, true, true], "what the thread saw");
  same([lock.locked(), events[0].isSet(), events[1].isSet()], [true, false, true], "what the thread did");
  if (home.main !== mainThread()) return "a thread does not come home as itself";
  same(home.many.length, 1000, "the number of locks");
});
