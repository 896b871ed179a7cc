import { preset } from "../../tsup.config.base.ts";

// One file in, one file out: a module that exposes functions to other threads keeps its own address.
export default preset({ entry: ["src/**/*.ts"], bundle: false, format: ["esm"], dts: false });
