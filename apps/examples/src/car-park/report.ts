/** The report as a self-contained HTML page: the counts, some frames, and the states of each thread. */
import { writeFileSync } from "node:fs";
import { HEIGHT, IN, LINE, OUT, PIXELS, WIDTH } from "./image.js";
import type { Options } from "./options.js";
import type { Counts } from "./park.js";
import { closeUp, COLOURS, overview, type Row } from "./timeline.js";
import { type Span, type State, STATES } from "./trace.js";
import { Video, type VideoPlan } from "./video.js";

export interface Camera {
  readonly name: string;
  readonly plan: VideoPlan;
}

export interface Report {
  readonly cameras: readonly Camera[];
  readonly counts: readonly Counts[];
  readonly free: number;
  readonly options: Options;
  readonly ms: number;
  /** The threads' names by ident; other threads are timers. */
  readonly names: ReadonlyMap<number | undefined, string>;
  readonly spans: ReadonlyMap<number, readonly Span[]>;
}

const CLOSE_UP_MS = 60;

export function writeReport(file: string, { cameras, counts, free, options, ms, names, spans }: Report): void {
  const rows = [...names].map(([ident, name]): Row => ({ name, spans: spans.get(ident ?? 0) ?? [] }));
  const timers = [...spans].filter(([ident]) => !names.has(ident)).flatMap(([, spans]) => spans);
  if (timers.length > 0) rows.push({ name: "sign (timer)", spans: timers });
  const all = rows.flatMap((row) => row.spans);
  const [from, to] = [least(all.map((span) => span.from)), -least(all.map((span) => -span.to))];
  const [begin, why] = worthALook(all, (from + to) / 2);

  const sections = [
    `<h1>Car park</h1>`,
    `<p>${rows.length} threads, ${options.frames} frames of each of ${cameras.length} cameras at ${options.fps} a second, ` +
      `seed ${options.seed}: ${(ms / 1000).toFixed(2)} s. ${options.spaces} spaces were free in the morning, ${free} in the end.</p>`,
    `<h2>Counted, and true</h2>`,
    countTable(cameras, counts),
    `<h2>What the cameras saw</h2>`,
    `<p>A frame from the middle of each video. The red line is what a car crosses; the car park is to the right.</p>`,
    `<div class="stills">${cameras.map(still).join("")}</div>`,
    `<h2>What the threads did</h2>`,
    `<p>Running, or waiting: for the next frame (sleeping), for a picture or a free slot (on a condition), for a space (on a ` +
      `semaphore), for each other. The height of a colour is its share of the time.</p>`,
    `<figure>${overview(rows, from, to)}</figure>`,
    `<h2>${CLOSE_UP_MS} milliseconds of it</h2>`,
    `<p>From ${Math.round(begin - from)} ms on, ${why}. To scale: every wait is where it was.</p>`,
    `<figure>${closeUp(rows, begin, begin + CLOSE_UP_MS)}</figure>`,
    `<h2>Where the time went</h2>`,
    timeTable(rows),
  ];
  writeFileSync(file, page(sections.join("\n")));
}

const least = (values: readonly number[]): number => values.reduce((least, value) => Math.min(least, value), Infinity);

/** The start of the close-up, and the reason: a car waits for a space, if any does. */
function worthALook(spans: readonly Span[], middle: number): [number, string] {
  const isLong = (span: Span): boolean => span.state === "semaphore" && span.to - span.from > CLOSE_UP_MS / 6;
  const wait = spans.find(isLong);
  if (wait === undefined) return [middle, "from the middle"];
  return [wait.from - CLOSE_UP_MS / 4, "where a car comes in, finds no free space, and waits for one"];
}

function countTable(cameras: readonly Camera[], counts: readonly Counts[]): string {
  const rows = cameras.map(({ name, plan }, camera) => {
    const { in: came, out: left, turnedAway } = counts[camera] as Counts;
    const truth = new Video(plan).truth;
    const mark = (counted: number, really: number): string =>
      `<td class="${counted === really ? "right" : "wrong"}">${counted}</td><td>${really}</td>`;
    return `<tr><th>${name}</th>${mark(came, truth[IN])}${mark(left, truth[OUT])}<td>${turnedAway}</td></tr>`;
  });
  const heads = ["camera", "in", "really", "out", "really", "turned away"];
  return tableOf(heads, rows);
}

/** The share of each thread's life in each state. */
function timeTable(rows: readonly Row[]): string {
  const spent = (row: Row, state: State): number =>
    row.spans.filter((span) => span.state === state).reduce((sum, span) => sum + span.to - span.from, 0);
  const states = STATES.filter((state) => rows.some((row) => spent(row, state) > 0));
  const lines = rows.map((row) => {
    const life = row.spans.reduce((sum, span) => sum + span.to - span.from, 0);
    const cells = states.map((state) => {
      const ms = spent(row, state);
      return `<td>${ms === 0 ? "" : `${ms.toFixed(1)} <small>${((100 * ms) / life).toFixed(1)} %</small>`}</td>`;
    });
    return `<tr><th>${row.name}</th>${cells.join("")}</tr>`;
  });
  const heads = states.map((state) => `<i style="background:${COLOURS[state]}"></i>${state}, ms`);
  return tableOf(["thread", ...heads], lines);
}

function tableOf(heads: readonly string[], rows: readonly string[]): string {
  return `<table><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>\n${rows.join("\n")}</table>`;
}

/** A frame with the line drawn in. */
function still({ name, plan }: Camera): string {
  const picture = new Uint8ClampedArray(PIXELS);
  new Video(plan).draw(Math.floor(plan.frames / 2), picture);
  const line = `<line x1="${LINE}" x2="${LINE}" y1="0" y2="${HEIGHT}" stroke="#d62839" stroke-width="0.7"/>`;
  const image = `<image href="${bitmap(picture)}" width="${WIDTH}" height="${HEIGHT}"/>`;
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}">${image}${line}</svg><figcaption>${name}</figcaption></figure>`;
}

/** A grey picture as a BMP: a header of 54 bytes, 256 colours, then rows from the bottom up. */
function bitmap(picture: Uint8ClampedArray): string {
  const [colours, offset] = [256, 54 + 4 * 256];
  const file = Buffer.alloc(offset + PIXELS);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(offset, 10);
  [40, WIDTH, HEIGHT].forEach((value, i) => file.writeUInt32LE(value, 14 + 4 * i));
  file.writeUInt16LE(1, 26); // planes
  file.writeUInt16LE(8, 28); // bits per pixel
  for (let grey = 0; grey < colours; grey++) file.fill(grey, 54 + 4 * grey, 54 + 4 * grey + 3);
  for (let row = 0; row < HEIGHT; row++)
    file.set(picture.subarray(row * WIDTH, (row + 1) * WIDTH), offset + (HEIGHT - 1 - row) * WIDTH);
  return `data:image/bmp;base64,${file.toString("base64")}`;
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Car park</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1200px; margin: 2rem auto; padding: 0 1rem; }
  h1, h2 { font-weight: 600; margin: 2rem 0 0.5rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.25rem 0.9rem; border-bottom: 1px solid #e3e5e8; text-align: right; }
  th { font-weight: 600; } th:first-child { text-align: left; }
  td.right { color: #1b7f3b; } td.wrong { color: #d62839; font-weight: 700; }
  small { color: #777; } i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.4em; border-radius: 2px; }
  figure { margin: 0; } figure > svg { width: 100%; height: auto; display: block; }
  .stills { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 1rem; }
  .stills image { image-rendering: pixelated; } figcaption { color: #555; }
</style>
${body}
</html>
`;
}
