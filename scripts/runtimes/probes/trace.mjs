// The events of a trace function and a profile function: trace.mjs trace|profile. They write into a
// file, because they run in threads.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lock } from "@x/lock";
import { expose, isMainThread, setProfile, setTrace, sleep, Thread } from "@x/thread";
import { LONG, probe } from "./probe.mjs";

export function trace({ event }) {
  appendFileSync(process.env.PROBE_FILE, `${event}\n`);
}
export function profiled({ profile }) {
  appendFileSync(
    process.env.PROBE_FILE,
    `${profile.nodes.map(({ callFrame }) => callFrame.functionName).join("\n")}\n`,
  );
}
export function takes(lock) {
  lock.acquire(LONG);
}
export function computes(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}
expose({ trace, profiled, takes, computes });

const what = process.argv[2];
let folder;
if (isMainThread) {
  folder = mkdtempSync(join(tmpdir(), "probe-"));
  process.env.PROBE_FILE = join(folder, "lines");
  appendFileSync(process.env.PROBE_FILE, "");
}

await probe(() => {
  const lines = () => readFileSync(process.env.PROBE_FILE, "utf8").trim().split("\n");
  const holds = (wanted) => {
    for (const end = performance.now() + 5000; performance.now() < end; sleep(20)) {
      if (wanted.every((word) => lines().includes(word))) return true;
    }
    return false;
  };
  try {
    if (what === "profile") {
      setProfile(profiled);
      new Thread({ target: computes, args: [100] }).start().result(LONG);
      if (!holds(["computes"])) return "the profile does not name the function that ran";
      return;
    }
    setTrace(trace);
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread({ target: takes, args: [lock] }).start();
    if (!holds(["start", "block"])) return `only ${lines().join(", ")} is printed`;
    lock.release();
    thread.result(LONG);
    if (!holds(["unblock", "return"])) return `only ${lines().join(", ")} is printed`;
  } finally {
    rmSync(folder, { recursive: true });
  }
});
