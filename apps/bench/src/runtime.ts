/** A runtime of JavaScript: the binary for contestants in JavaScript. */
import { execFileSync } from "node:child_process";

export interface Runtime {
  /** The path of its binary. */
  readonly binary: string;
  /** `Node 24`, `Deno 2`, `Bun 1`. */
  readonly name: string;
  readonly version: string;
  /** What stands before the file of a program. */
  readonly args: readonly string[];
}

/** Asks a binary what it is. @throws if there is none, or if it is no runtime of JavaScript */
export function runtimeAt(binary: string): Runtime {
  const [first = ""] = execFileSync(binary, ["--version"], { encoding: "utf8" }).split("\n");
  const found = /^(?<deno>deno )?(?<node>v)?(?<version>(?<major>\d+)\.\S+)/.exec(first)?.groups;
  if (found === undefined) throw new Error(`${binary} is not Node, Deno or Bun: it calls itself ${first}`);
  const { deno, node, version = "", major = "" } = found;
  if (deno !== undefined) return { binary, name: `Deno ${major}`, version, args: ["run", "--allow-all"] };
  return { binary, name: `${node === undefined ? "Bun" : "Node"} ${major}`, version, args: [] };
}
