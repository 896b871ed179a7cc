import { SharedValue, type SharedValueHandle } from "@x/shared";
import { type GroupContestant, type RoundBody, threadGroup } from "../thread-group.js";
import type { Row } from "../row.js";

/** Million updates a second, of all threads together. */
function updating(): GroupContestant<SharedValueHandle, number> {
  return threadGroup<SharedValueHandle>({
    participants: (threads) => threads,
    share: () => new SharedValue(0).share(),
    enter(handle): RoundBody {
      const value = SharedValue.from<number>(handle);
      return (me) => {
        let updates = 0;
        for (; !me.stopped(); updates++) value.update((n) => n + 1);
        return updates;
      };
    },
    sample: (updates, ms) => updates.reduce((sum, one) => sum + one, 0) / ms / 1e3,
  });
}

export const row: Row<number> = {
  title: "SharedValue: threads that raise one number",
  unit: "million updates a second",
  better: "more",
  limit: "As a lock's: one thread at a time is inside, and sleepers must be woken.",
  axis: { name: "threads", points: [1, 2, 8, 32, 64] },
  ms: 100,
  rounds: 5,
  cores: 2,
  contestants: { ours: updating() },
};
