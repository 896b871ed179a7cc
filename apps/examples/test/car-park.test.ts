import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Direction, IN, OUT, PIXELS } from "../src/car-park/image.ts";
import { LineCounter } from "../src/car-park/line-counter.ts";
import { Video } from "../src/car-park/video.ts";
import { run } from "./run.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "car park "))));
afterAll(() => rmSync(folder, { recursive: true }));

const FRAMES = 300;

function watch(video: Video, frames: number): Record<Direction, number> {
  const [counter, picture] = [new LineCounter(), new Uint8ClampedArray(PIXELS)];
  const counted = { [IN]: 0, [OUT]: 0 };
  for (let frame = 0; frame < frames; frame++) {
    video.draw(frame, picture);
    for (const { direction } of counter.look(picture)) counted[direction]++;
  }
  return counted;
}

describe("the algorithm of the car park", () => {
  it.each([
    { way: "in", direction: IN },
    { way: "out", direction: OUT },
  ] as const)("counts what is true, whatever the seed, on the way $way", ({ direction }) => {
    const all = { [IN]: 0, [OUT]: 0 };
    for (let seed = 1; seed <= 12; seed++) {
      const video = new Video({ seed, direction, frames: FRAMES });
      expect({ seed, ...watch(video, FRAMES) }).toEqual({ seed, ...video.truth });
      for (const way of [IN, OUT] as const) all[way] += video.truth[way];
    }
    // Enough frames to mean something: at the entries some cars turn back behind the line.
    expect(all[direction]).toBeGreaterThan(60);
    if (direction === IN) expect(all[OUT]).toBeGreaterThan(0);
  });

  it("counts nothing on an empty road", () => {
    const picture = new Uint8ClampedArray(PIXELS).fill(100);
    const counter = new LineCounter();
    for (let frame = 0; frame < FRAMES; frame++) expect(counter.look(picture)).toEqual([]);
  });
});

/** The program's counts, camera by camera, from its table. */
function countsIn(stdout: string): number[][] {
  const rows = Buffer.from(stdout, "latin1")
    .toString()
    .matchAll(/│ (?:entry|exit) \d+ +│(.*)│$/gm);
  return Array.from(rows, ([, cells = ""]) => cells.split("│").map(Number));
}

describe.concurrent("the car park", () => {
  it.each([
    { seed: 1, entries: 2, exits: 2, spaces: 2 },
    { seed: 2, entries: 1, exits: 1, spaces: 1 },
    { seed: 3, entries: 3, exits: 1, spaces: 4 }, // more cars come than leave: some are turned away
    { seed: 4, entries: 1, exits: 3, spaces: 1000 },
    { seed: 5, entries: 3, exits: 3, spaces: 1 },
  ])("counts what is true: %j", async (given) => {
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { code, stdout, lines, stderr } = await run([
      "car-park",
      ...args,
      "--frames",
      String(FRAMES),
      "--fps",
      "1000",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });

    const counts = countsIn(stdout);
    const isEntry = (camera: number): boolean => camera < given.entries;
    expect(counts.map(([cameIn, , out]) => [cameIn, out])).toEqual(
      counts.map((_, camera) => {
        const direction = isEntry(camera) ? IN : OUT;
        const { truth } = new Video({ seed: given.seed * 1000 + camera, direction, frames: FRAMES });
        return [truth[IN], truth[OUT]];
      }),
    );
    expect(counts).toHaveLength(given.entries + given.exits);

    const balance = /^spaces: (\d+) free in the morning - (\d+) taken \+ (\d+) left = (\d+); the semaphore says (\d+)$/;
    const [, spaces, taken, left, free, value] = (balance.exec(lines.at(-3) as string) ?? []).map(Number);
    expect(spaces).toBe(given.spaces);
    expect(free).toBe(given.spaces - (taken as number) + (left as number));
    expect(value).toBe(free);
    const turnedAway = counts.reduce((sum, row) => sum + (row[4] as number), 0);
    if (given.exits < given.entries) expect(turnedAway).toBeGreaterThan(0);
  });

  it("shows its state on a sign, in sequence", async () => {
    const { lines } = await run(["car-park", "--frames", "320"]);
    const signs = lines.filter((line) => line.includes("% of the frames"));
    expect(signs.length).toBeGreaterThan(0);
    for (const sign of signs)
      expect(sign).toMatch(/^[\d:.]+ {2} *\d+ % of the frames {2}\d+ in, \d+ out, +\d+ spaces free$/);
    const percents = signs.map((sign) => Number(/(\d+) %/.exec(sign)?.[1]));
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
  });

  it("draws the states of each thread, on a self-contained page", async () => {
    const file = join(folder, "report.html");
    const { code, lines, stderr } = await run([...["car-park", "--frames", "200", "--fps", "100"], "--report", file]);
    expect({ code, stderr, last: lines.at(-1) }).toEqual({
      code: 0,
      stderr: "",
      last: `what each thread did: ${file}`,
    });
    const page = readFileSync(file, "utf8");
    for (const thread of ["entry 1 reader", "entry 2 judge", "exit 1 reader", "exit 2 judge"])
      expect(page.match(new RegExp(`>${thread}</text>`, "g"))).toHaveLength(2);
    for (const state of ["running", "sleeping", "on a condition", "on a barrier"])
      expect(page).toContain(`>${state}</text>`);
    expect(page.match(/<svg/g)).toHaveLength(2 + 4);
    expect(page.match(/<polygon|<path/g)?.length).toBeGreaterThan(30);
    expect(page.replace(/xmlns(:\w+)?="[^"]*"/g, "")).not.toMatch(/https?:|<script|<link|NaN|undefined/);
  });
});
