/** Pictures of the threads' states: a row per thread, time to the right, a colour per state. */
import { CustomChart, type CustomSeriesOption } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type Span, type State, STATES } from "./trace.js";

use([CustomChart, GridComponent, LegendComponent, SVGRenderer]);

export interface Row {
  readonly name: string;
  readonly spans: readonly Span[];
}

export const COLOURS: Readonly<Record<State, string>> = {
  running: "#2a9d4a",
  sleep: "#dcdfe4",
  condition: "#8ec5ea",
  semaphore: "#f08c2e",
  lock: "#d62839",
  event: "#9b5de5",
  barrier: "#3d5a80",
  thread: "#7f6a50",
};

const LABELS: Readonly<Record<State, string>> = {
  running: "running",
  sleep: "sleeping",
  condition: "on a condition",
  semaphore: "on a semaphore",
  lock: "on a lock",
  event: "on an event",
  barrier: "on a barrier",
  thread: "on a thread",
};

const WIDTH = 1200;
const ROW_HEIGHT = 34;
const MARGIN = { left: 130, right: 24, top: 44, bottom: 48 };
/** The drawn share of a row's height. */
const FILLED = 0.74;

type RenderItem = NonNullable<CustomSeriesOption["renderItem"]>;
type Coordinates = Parameters<RenderItem>[1];

/** Draws each occurring state as its own series, so that the legend names it. */
function draw(rows: readonly Row[], from: number, to: number, series: (state: State) => CustomSeriesOption): string {
  const height = MARGIN.top + rows.length * ROW_HEIGHT + MARGIN.bottom;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  const states = STATES.filter((state) => rows.some(({ spans }) => spans.some((span) => span.state === state)));
  const text = { color: "#333", fontFamily: "system-ui, sans-serif", fontSize: 13 };
  chart.setOption({
    animation: false,
    grid: MARGIN,
    legend: {
      top: 4,
      left: MARGIN.left,
      itemGap: 30,
      itemWidth: 16,
      itemHeight: 12,
      selectedMode: false,
      textStyle: text,
    },
    xAxis: {
      ...{ type: "value", min: 0, max: to - from, name: "milliseconds", nameLocation: "middle", nameGap: 30 },
      axisLabel: { ...text, showMaxLabel: false },
      nameTextStyle: text,
    },
    yAxis: {
      ...{ type: "category", data: rows.map(({ name }) => name), inverse: true, axisTick: { show: false } },
      axisLabel: { ...text, interval: 0 },
    },
    series: states.map((state) => ({
      ...{ type: "custom", name: LABELS[state], itemStyle: { color: COLOURS[state] }, clip: true },
      ...series(state),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** The position of a share of a row's height: 0 is its bottom, 1 its top. */
function point(api: Coordinates, row: number, time: number, share: number): [number, number] {
  const [x, y] = api.coord([time, row]) as [number, number];
  return [x, y + ROW_HEIGHT * FILLED * (0.5 - share)];
}

/** The exact states in a stretch of time. */
export function closeUp(rows: readonly Row[], from: number, to: number): string {
  const shown = rows.map(({ name, spans }) => ({
    name,
    spans: spans.filter((span) => span.to > from && span.from < to),
  }));
  return draw(shown, from, to, (state) => ({
    data: shown.flatMap(({ spans }, row) =>
      spans.filter((span) => span.state === state).map((span) => [row, span.from - from, span.to - from]),
    ),
    encode: { x: [1, 2], y: 0 },
    renderItem: (_, api) => {
      const [row, begin, end] = [0, 1, 2].map((field) => api.value(field) as number) as [number, number, number];
      const [x, y] = point(api, row, Math.max(0, begin), 1);
      const [right, bottom] = point(api, row, Math.min(to - from, end), 0);
      const shape = { x, y, width: Math.max(right - x, 0.6), height: bottom - y };
      return { type: "rect", shape, style: { fill: COLOURS[state] } };
    },
  }));
}

const SLICES = 240;

/** The whole run in slices of time. The height of a colour is the state's share of the slice. */
export function overview(rows: readonly Row[], from: number, to: number): string {
  const sliceMs = (to - from) / SLICES;
  const shares = rows.map(({ spans }) => sharesOf(spans, from, sliceMs));
  return draw(rows, from, to, (state) => ({
    data: rows.flatMap(({ spans }, row) => (spans.some((span) => span.state === state) ? [[row, 0]] : [])),
    encode: { x: 1, y: 0 },
    renderItem: (_, api) => {
      const row = api.value(0) as number;
      const [tops, bottoms]: [[number, number][], [number, number][]] = [[], []];
      shares[row]?.forEach((share, slice) => {
        const below = STATES.slice(0, STATES.indexOf(state)).reduce((sum, other) => sum + share[other], 0);
        for (const time of [slice * sliceMs, (slice + 1) * sliceMs]) {
          bottoms.push(point(api, row, time, below));
          tops.push(point(api, row, time, below + share[state]));
        }
      });
      return { type: "polygon", shape: { points: [...tops, ...bottoms.reverse()] }, style: { fill: COLOURS[state] } };
    },
  }));
}

/** The share of each state, for each slice of time. */
function sharesOf(spans: readonly Span[], from: number, sliceMs: number): Record<State, number>[] {
  const shares = Array.from({ length: SLICES }, () => Object.fromEntries(STATES.map((state) => [state, 0])));
  for (const span of spans) {
    const first = Math.max(0, Math.floor((span.from - from) / sliceMs));
    for (let slice = first; slice < SLICES && from + slice * sliceMs < span.to; slice++) {
      const begin = Math.max(span.from, from + slice * sliceMs);
      const end = Math.min(span.to, from + (slice + 1) * sliceMs);
      const share = shares[slice] as Record<State, number>;
      share[span.state] += Math.max(0, end - begin) / sliceMs;
    }
  }
  return shares as Record<State, number>[];
}
