// Two contestants that count their turns: the samples show their order.
import { js } from "../../dist/row.js";

const counting = () =>
  js((point) => {
    let turns = 0;
    return () => ({ value: turns++, point });
  });

export const row = {
  title: "Counting",
  unit: "turns",
  better: "less",
  limit: "Nothing.",
  axis: { name: "point", points: [1, 2] },
  rounds: 3,
  contestants: { ours: counting(), rival: counting() },
};
