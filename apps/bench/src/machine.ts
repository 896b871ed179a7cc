/** Describes the machine of a run. */
import { execFileSync } from "node:child_process";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { versionOf } from "./commands.js";
import type { Runtime } from "./runtime.js";

export type Machine = Readonly<Record<string, string>>;

const version = (program: string): string => versionOf(program) ?? "not there";

/** The version of the runtime, and of its engine if it is Node. */
function describeRuntime({ binary, name, version }: Runtime): string {
  if (!name.startsWith("Node")) return version;
  return execFileSync(binary, ["-p", "`${process.version} (V8 ${process.versions.v8})`"], { encoding: "utf8" }).trim();
}

/** The description; the load is the current one. @param runtime the runtime of contestants in JavaScript */
export function describeMachine(runtime: Runtime): Machine {
  const processor = cpus()[0]?.model.trim() ?? "unknown";
  return {
    processor: `${processor}, ${availableParallelism()} cores (${arch()})`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    system: `${type()} ${release()}`,
    [runtime.name.split(" ")[0]!]: describeRuntime(runtime),
    gcc: version("gcc"),
    Python: version("python3"),
    "load before": loadavg()
      .map((load) => load.toFixed(1))
      .join(", "),
    date: new Date().toISOString().slice(0, 10),
  };
}
