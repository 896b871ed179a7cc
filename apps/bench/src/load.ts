/**
 * The load of other programs, from Linux's /proc: busy time of all cores, less our own and the
 * contestant's. Its unit is a tick of 10 ms, so a tick or two decide about a short turn.
 */
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;
/** Up to 0.2 cores of other load do not disturb a turn. */
const TOLERATED = 0.2;
/** Two ticks: the clocks of cores and processes are not in step. */
const TOLERATED_TICKS = 2;

export interface Watched<T> {
  readonly result: T;
  /** How many cores other programs used meanwhile; undefined without /proc. */
  readonly others: number | undefined;
  readonly disturbed: boolean;
}

/** Tells whether a turn was disturbed. */
export interface Watch {
  /** Why it cannot tell; undefined if it can. */
  readonly blind: string | undefined;
  during<T>(pid: () => number | undefined, turn: () => Promise<T>): Promise<Watched<T>>;
}

interface Ticks {
  readonly at: number;
  readonly busy: number;
  readonly ours: number;
}

/** The fields of the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
function busyTicks(): number {
  const [, ...fields] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!.trim().split(/\s+/);
  const [user, nice, system, , , irq, softirq, steal] = fields.map(Number) as [number, number, number, ...number[]];
  return user + nice + system + irq! + softirq! + steal!;
}

/** The ticks of a process, with its threads and the children it has waited for; 0 after its end. */
function ticksOf(pid: number | "self"): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may contain anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  } catch {
    return 0;
  }
}

function look(pid: number | undefined): Ticks {
  const ours = ticksOf("self") + (pid === undefined ? 0 : ticksOf(pid));
  return { at: performance.now(), busy: busyTicks(), ours };
}

export const procWatch: Watch = {
  blind: process.platform === "linux" ? undefined : `${process.platform} has no /proc/stat`,
  async during(pid, turn) {
    if (this.blind !== undefined) return { result: await turn(), others: undefined, disturbed: false };
    const before = look(pid());
    const result = await turn();
    const after = look(pid());
    const ticks = Math.max(0, after.busy - before.busy - (after.ours - before.ours));
    const seconds = (after.at - before.at) / 1000;
    const disturbed = ticks > TOLERATED * seconds * TICKS_PER_SECOND + TOLERATED_TICKS;
    return { result, others: ticks / TICKS_PER_SECOND / seconds, disturbed };
  },
};
