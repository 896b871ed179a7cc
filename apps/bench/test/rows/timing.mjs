// Returns the duration of its turn, and that of the first turn, its warm-up.
import { js } from "../../dist/row.js";

export const row = {
  title: "Timing",
  unit: "ms",
  better: "less",
  limit: "Nothing.",
  axis: { name: "point", points: [1, 30] },
  ms: 2,
  rounds: 1,
  warmUpMs: (point) => point,
  contestants: {
    ours: js(() => {
      let warmUp;
      return (ms) => ({ value: ms, warmUp: (warmUp ??= ms) });
    }),
  },
};
