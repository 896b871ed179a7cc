/** Causes of death that this runtime cannot give to a thread: see "Deaths" in docs/runtimes.md. */
import type { Kill } from "./plan.js";

interface Spared {
  readonly kills: readonly Kill[];
  readonly why: string;
}

/** No thread dies this way in a random program, because no library can prevent what happens then. */
export function sparedKills(versions: Readonly<Record<string, string | undefined>> = process.versions): Spared {
  if (versions["deno"] !== undefined) {
    return {
      kills: ["out of memory", "terminate"],
      why: "Deno aborts the process for lack of memory, and a thread that computes goes on after `terminate`",
    };
  }
  if (versions["bun"] !== undefined) {
    return { kills: ["out of memory"], why: "Bun has no limit of memory for a thread" };
  }
  if (/^24\./.test(versions["node"] ?? "")) {
    return { kills: ["out of memory"], why: "Node 24 aborts the process for it now and then, also with bare workers" };
  }
  return { kills: [], why: "" };
}

/** What a run leaves out, for its reader; undefined if nothing. */
export function notRun({ kills, why }: Spared): string | undefined {
  return kills.length === 0 ? undefined : `not run: threads that die by ${kills.join(" or ")}: ${why}`;
}
