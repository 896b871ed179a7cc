import { preset } from "../../tsup.config.base.ts";

export default preset();
