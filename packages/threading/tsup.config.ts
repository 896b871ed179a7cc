import { preset } from "../../tsup.config.base.ts";

export default preset({ entry: { index: "src/index.ts", worker: "src/worker.ts" } });
