/** The machine that was measured on, in words. */
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { versionOf } from "./commands.js";

export type Machine = Readonly<Record<string, string>>;

const version = (program: string): string => versionOf(program) ?? "not there";

/** Describes it; the load is that of the moment. */
export function describeMachine(): Machine {
  const processor = cpus()[0]?.model.trim() ?? "unknown";
  return {
    processor: `${processor}, ${availableParallelism()} cores (${arch()})`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    system: `${type()} ${release()}`,
    Node: `${process.version} (V8 ${process.versions.v8})`,
    gcc: version("gcc"),
    Python: version("python3"),
    "load before": loadavg()
      .map((load) => load.toFixed(1))
      .join(", "),
    date: new Date().toISOString().slice(0, 10),
  };
}
