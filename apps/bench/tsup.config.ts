import { preset } from "../../tsup.config.base.ts";

// One file in, one file out: rows are found by their files, and each is loaded by the processes that measure it.
export default preset({ entry: ["src/**/*.ts"], bundle: false, format: ["esm"], dts: false });
