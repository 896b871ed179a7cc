import { Lock } from "@x/lock";
import { expose, Local, sharedGlobals, Thread } from "@x/thread";
import { LONG, probe, same } from "./probe.mjs";

const shared = sharedGlobals({ lock: () => new Lock() });
const local = new Local();

export function look() {
  const had = local.x;
  local.x = "theirs";
  return [shared.lock.locked(), had === undefined];
}
expose({ look });

await probe(() => {
  local.x = "mine";
  shared.lock.acquire();
  same(new Thread({ target: look }).start().result(LONG), [true, true], "what a thread saw");
  same(local.x, "mine", "the attribute of this thread");
});
