import { preset } from "../../tsup.config.base.ts";

// Users import entry.ts, with the types of index.ts.
export default preset({
  entry: { index: "src/entry.ts", worker: "src/worker.ts", internal: "src/internal.ts" },
  types: ["src/index.ts", "src/worker.ts", "src/internal.ts"],
});
