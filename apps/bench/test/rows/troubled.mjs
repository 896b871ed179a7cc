// A row whose contestants all fail, each in its own way.
import { c, js, Missing, python } from "../../dist/row.js";

export const row = {
  title: "Trouble",
  unit: "of them",
  better: "less",
  limit: "Nothing.",
  contestants: {
    ours: js(() => () => 1),
    "not here": js(() => {
      throw new Missing("this machine has none");
    }),
    "not installed": js(() => import("no-such-package-anywhere")),
    "will not start": js(() => {
      throw new Error("broken");
    }),
    "hangs in its turn": js(() => () => new Promise(() => setInterval(() => undefined, 1000))),
    "dies in its turn": js(() => () => process.exit(3)),
    "measures nonsense": js(() => () => NaN),
    "unknown flag": { ...js(() => () => 1), flags: ["--no-such-flag"] },
    "in C": c("alone.c", "raw"),
    "in Python": python("alone.py", "lock"),
    "only alone": { ...js(() => () => 1), upTo: 1 },
  },
};
