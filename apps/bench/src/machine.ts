/** Describes the machine of a run. */
import { execFileSync } from "node:child_process";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { versionOf } from "./commands.js";

export type Machine = Readonly<Record<string, string>>;

const version = (program: string): string => versionOf(program) ?? "not there";

/** The version of the Node at a path. @throws if there is none */
function describeNode(node: string): string {
  return execFileSync(node, ["-p", "`${process.version} (V8 ${process.versions.v8})`"], { encoding: "utf8" }).trim();
}

/** The description; the load is the current one. @param node the binary for contestants in JavaScript */
export function describeMachine(node: string = process.execPath): Machine {
  const processor = cpus()[0]?.model.trim() ?? "unknown";
  return {
    processor: `${processor}, ${availableParallelism()} cores (${arch()})`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    system: `${type()} ${release()}`,
    Node: describeNode(node),
    gcc: version("gcc"),
    Python: version("python3"),
    "load before": loadavg()
      .map((load) => load.toFixed(1))
      .join(", "),
    date: new Date().toISOString().slice(0, 10),
  };
}
