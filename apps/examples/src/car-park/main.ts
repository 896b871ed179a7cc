/**
 * The car park of a mall, with a camera at every entry and exit. Each camera has two threads: the
 * reader reads its frames, the judge counts cars that cross the line. The totals must match the
 * truth, known only to the generator of the pictures.
 */
import { Barrier } from "@x/barrier";
import { setTrace, Thread } from "@x/thread";
import Table from "cli-table3";
import pc from "picocolors";
import { seconds } from "../clock.js";
import { countCars, readFrames } from "./camera.js";
import { FrameQueue } from "./frame-queue.js";
import { IN, OUT } from "./image.js";
import type { Options } from "./options.js";
import { CarPark, type Counts, total } from "./park.js";
import type { Camera } from "./report.js";
import { showSign } from "./sign.js";
import { forget, record, recorded } from "./trace.js";
import { Video } from "./video.js";

/** The longest time for all threads to come to the start. */
const START_MS = 30_000;

/**
 * Starts the two threads of a camera. They are daemons: if one fails, the other does not keep the
 * program alive.
 */
function startCamera({ name, plan }: Camera, camera: number, frameMs: number, park: CarPark) {
  const queue = new FrameQueue();
  const reader = new Thread({
    target: readFrames,
    args: [plan, frameMs, queue, park],
    name: `${name} reader`,
    daemon: true,
  });
  const judge = new Thread({ target: countCars, args: [camera, queue, park], name: `${name} judge`, daemon: true });
  return [reader.start(), judge.start()] as const;
}

/** @returns the exit code: 0 if all counts are true */
export async function main(options: Options): Promise<number> {
  const { seed, entries, exits, frames, fps, spaces, report } = options;
  const cameras = Array.from({ length: entries + exits }, (_, camera): Camera => {
    const name = camera < entries ? `entry ${camera + 1}` : `exit ${camera - entries + 1}`;
    return { name, plan: { seed: seed * 1000 + camera, frames, direction: camera < entries ? IN : OUT } };
  });
  const start = new Barrier(2 * cameras.length + 1, undefined, START_MS);
  const park = new CarPark(spaces, cameras.length, start);

  forget();
  if (report !== undefined) setTrace(record);
  const pairs = cameras.map((camera, i) => startCamera(camera, i, 1000 / fps, park));
  start.wait();
  const began = performance.now();
  showSign(park, frames * cameras.length);
  setTrace(undefined);

  for (const [, judge] of pairs.slice(entries)) judge.result();
  park.close();
  const threads = pairs.flat();
  for (const thread of threads) thread.result();
  const ms = performance.now() - began;

  const isTrue = print(cameras, park, spaces);
  console.log(`${threads.length} threads, ${frames} frames of each camera: ${seconds(ms)}`);
  if (report === undefined) {
    console.log("--report car-park.html draws what each thread did");
  } else {
    const { writeReport } = await import("./report.js");
    const [counts, free] = [park.state, park.spaces.value];
    const names = new Map(threads.map(({ ident, name }) => [ident, name]));
    writeReport(report, { cameras, counts, free, options, ms, names, spans: recorded() });
    console.log(`what each thread did: ${report}`);
  }
  return isTrue ? 0 : 1;
}

/** Prints the counts beside the truth. @returns are they the same? */
function print(cameras: readonly Camera[], park: CarPark, spaces: number): boolean {
  const head = ["camera", "in", "really", "out", "really", "turned away"].map((title) => pc.bold(title));
  const table = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: ["left", ...Array<"right">(5).fill("right")],
  });
  const row = (name: string, counts: Counts, truth: Video["truth"]): boolean => {
    const isTrue = counts.in === truth[IN] && counts.out === truth[OUT];
    const colour = isTrue ? pc.green : pc.red;
    table.push([name, colour(counts.in), truth[IN], colour(counts.out), truth[OUT], counts.turnedAway]);
    return isTrue;
  };

  const sum = { [IN]: 0, [OUT]: 0 };
  const areTrue = park.state.map((counts, i) => {
    const { name, plan } = cameras[i] as Camera;
    const { truth } = new Video(plan);
    for (const direction of [IN, OUT] as const) sum[direction] += truth[direction];
    return row(name, counts, truth);
  });
  const all = total(park.state);
  row("all", all, sum);
  console.log(table.toString());

  const taken = all.in - all.turnedAway;
  const free = spaces - taken + all.freed;
  console.log(
    `spaces: ${spaces} free in the morning - ${taken} taken + ${all.freed} left = ${free}; the semaphore says ${park.spaces.value}`,
  );
  return areTrue.every(Boolean) && free === park.spaces.value;
}
