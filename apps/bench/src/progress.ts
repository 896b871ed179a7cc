/** Reports the progress of a run on stderr: the row, the round, and the remaining time. */
import { SingleBar } from "cli-progress";
import type { RunEnvironment } from "./run.js";

/** Without a terminal, prints a line every 10 s. */
const LINE_EVERY_MS = 10_000;

export interface Progress extends Pick<RunEnvironment, "onRound" | "onProgress"> {
  /** Removes the bar before other output. It comes back when the run goes on. */
  hide(): void;
}

function inWords(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  return seconds < 60 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`;
}

/** @param expectedMs the expected duration of the run */
export function progress(expectedMs: number): Progress {
  const bar = new SingleBar({
    format: "{bar} {percentage}%  {what}  {left}",
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: LINE_EVERY_MS,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 24,
  });
  const begin = performance.now();
  let done = 0;
  const left = (): string => {
    const spent = performance.now() - begin;
    return done === 0 ? "" : inWords(((expectedMs - done) * spent) / done / 1000);
  };
  const show = (what: string): void => {
    const about = { what, left: left() };
    if (bar.isActive) bar.update(done, about);
    else bar.start(Math.ceil(expectedMs), done, about);
  };
  let what = "";
  return {
    onRound({ row, point, round, rounds }) {
      const where = point === undefined ? row : `${row} at ${point}`;
      what = `${where}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`;
      show(what);
    },
    onProgress(ms) {
      done = Math.min(done + ms, expectedMs);
      show(what);
    },
    hide: () => bar.stop(),
  };
}
