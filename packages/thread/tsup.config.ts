import { preset } from "../../tsup.config.base.ts";

export default preset({ entry: ["src/index.ts", "src/worker.ts"] });
