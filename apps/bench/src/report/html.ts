/** Renders a run as a self-contained page with charts. */
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { spreadOf } from "../statistics.js";
import { values } from "../verdict.js";
import {
  cellsOf,
  factsOf,
  headsOf,
  linesOf,
  type Measured,
  type Report,
  short,
  VERDICT_HEADS,
  verdictCells,
} from "./report.js";

use([BarChart, CustomChart, LineChart, GridComponent, LegendComponent, SVGRenderer]);

const WIDTH = 860;
const BAR_HEIGHT = 30;
const CURVES_HEIGHT = 360;
const OURS = "#d62839";
const OTHERS = ["#3d5a80", "#8ec5ea", "#2a9d4a", "#f08c2e", "#9b5de5", "#7f6a50", "#6c757d"];
const TEXT = { color: "#333", fontFamily: "system-ui, sans-serif", fontSize: 13 };

function draw(height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, textStyle: TEXT, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** A contestant has the same colour at all points. */
function colourOf(contestants: readonly string[], contestant: string): string {
  if (contestant === "ours") return OURS;
  const others = contestants.filter((one) => one !== "ours");
  return OTHERS[others.indexOf(contestant) % OTHERS.length]!;
}

/**
 * A single point: a bar per contestant, logarithmic because the values are far apart. The labels
 * give the figures.
 */
function bars({ row, result }: Measured): string {
  const contestants = Object.keys(row.contestants);
  const measured = (result.points[0]?.entries ?? []).filter(({ samples }) => samples.length > 0);
  const medians = measured.map((entry) => spreadOf(values(entry)).median);
  const lowest = Math.min(...medians.filter((median) => median > 0));
  return draw(measured.length * BAR_HEIGHT + 60, {
    grid: { left: 210, right: 80, top: 8, bottom: 46 },
    xAxis: {
      ...{ type: "log", name: row.unit, nameLocation: "middle", nameGap: 28 },
      min: Number.isFinite(lowest) ? 10 ** Math.floor(Math.log10(lowest / 2)) : 0.1,
    },
    yAxis: { type: "category", inverse: true, data: measured.map(({ contestant }) => contestant) },
    series: {
      type: "bar",
      label: { show: true, position: "right", ...TEXT, formatter: ({ value }: { value: number }) => short(value) },
      data: measured.map(({ contestant }, i) => ({
        value: medians[i],
        itemStyle: { color: colourOf(contestants, contestant) },
      })),
    },
  });
}

/** Several points: a curve per contestant, on two logarithmic axes. */
function curves({ row, result }: Measured): string {
  const contestants = Object.keys(row.contestants);
  const points = result.points.map(({ point }) => point!);
  const isNumeric = points.every((point) => typeof point === "number");
  return draw(CURVES_HEIGHT, {
    grid: { left: 70, right: 24, top: 60, bottom: 50 },
    legend: { top: 4, itemGap: 24, textStyle: TEXT },
    xAxis: {
      ...{ type: isNumeric ? "log" : "category", name: row.axis?.name, nameLocation: "middle", nameGap: 30 },
      ...(isNumeric ? { min: points[0], max: points.at(-1), logBase: 2 } : { data: points }),
    },
    yAxis: { type: "log", name: row.unit, nameTextStyle: { align: "left" } },
    series: contestants.map((contestant) => ({
      ...{ type: "line", name: contestant, symbolSize: 6 },
      ...{ color: colourOf(contestants, contestant), lineStyle: { width: contestant === "ours" ? 3 : 1.5 } },
      data: result.points.flatMap(({ point, entries }) => {
        const entry = entries.find((one) => one.contestant === contestant);
        if (entry === undefined || entry.samples.length === 0) return [];
        return [[point, spreadOf(values(entry)).median]];
      }),
    })),
  });
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
/** Renders Markdown's code. */
const prose = (text: string): string => escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");

function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  classes: readonly string[] = [],
): string {
  const cells = (tag: string, row: readonly string[]): string =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  const body = rows.map((row, i) => `<tr class="${classes[i] ?? ""}">${cells("td", row)}</tr>`).join("\n");
  return `<table><thead><tr>${cells("th", heads)}</tr></thead><tbody>${body}</tbody></table>`;
}

function section(measured: Measured): string {
  const { row, result, verdicts } = measured;
  const lines = linesOf(measured);
  // Logarithmic axes have no 0.
  const isEmpty = !result.points.some(({ entries }) =>
    entries.some((entry) => values(entry).some((value) => value > 0)),
  );
  const chart = isEmpty ? "" : result.points.length > 1 ? curves(measured) : bars(measured);
  return `<section id="${result.name}">
<h2>${escaped(row.title)} <a href="#${result.name}"><code>${result.name}</code></a></h2>
<p>${prose(row.limit)}</p>
${chart}
<details><summary>the figures</summary>
${table(
  headsOf(row),
  lines.map(cellsOf),
  lines.map(({ contestant }) => (contestant === "ours" ? "ours" : "")),
)}
</details>
${
  verdicts.length === 0
    ? ""
    : table(
        VERDICT_HEADS,
        verdicts.map((verdict) => verdictCells(verdict, row.unit)),
        verdicts.map(({ outcome }) => outcome),
      )
}
${result.notes.map((note) => `<p class="note">${escaped(note)}</p>`).join("\n")}
</section>`;
}

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #ddd; margin-top: 2.5rem; }
h2 a { font-size: 0.8rem; font-weight: normal; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 13px; margin: 0.8rem 0; }
th, td { text-align: left; padding: 0.15rem 0.8rem 0.15rem 0; border-bottom: 1px solid #eee; vertical-align: top; }
th { font-weight: normal; color: #777; }
.ours { font-weight: bold; }
.met td:last-child { color: #1b7f3b; }
.short td:last-child, .failed td:last-child { color: ${OURS}; }
.note, .unmeasured td:last-child { color: #9a6700; }`;

export function html(report: Report): string {
  const { rows } = report;
  const contents = rows.map(({ row, result }) => `<li><a href="#${result.name}">${escaped(row.title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Side by side</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Side by side</h1>
<p>Read the ratios: a time holds for this machine alone. All contestants were measured in one run, in turns.</p>
${table(["the machine", ""], factsOf(report))}
<ul>${contents.join("\n")}</ul>
${rows.map(section).join("\n")}
</body>
</html>
`;
}
