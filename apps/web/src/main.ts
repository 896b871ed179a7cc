/** The page: says which file threads run, makes the panels, and draws them. */
import { setTrace, threadsRun } from "@x/threading";
import { CarParkPanel } from "./car-park.js";
import { animate, find, make, messageOf } from "./dom.js";
import { Mandelbrot } from "./mandelbrot.js";
import { Table } from "./philosophers.js";
import { LABELS } from "./thread-list.js";
import { type Change, newChanges, record, STATES } from "./trace.js";

function begin(): void {
  threadsRun(() => new Worker(new URL("./threads.js", import.meta.url), { type: "module" }));
  setTrace(record);
  newChanges(); // makes the ring before the first thread asks for it

  const table = new Table(find(document, "#philosophers"));
  const carPark = new CarParkPanel(find(document, "#car-park"));
  const mandelbrot = new Mandelbrot(find(document, "#mandelbrot"));

  animate(() => {
    const changes = new Map<number, Change[]>();
    for (const change of newChanges()) {
      const known = changes.get(change.ident);
      if (known === undefined) changes.set(change.ident, [change]);
      else known.push(change);
    }
    table.draw(changes);
    carPark.draw(changes);
    mandelbrot.draw();
  });
}

/** Shows an error in the page, where the reader sees it. */
function fail(error: unknown): void {
  const failure = find<HTMLElement>(document, "#failure");
  failure.hidden = false;
  failure.textContent = messageOf(error);
  find<HTMLElement>(document, "main").hidden = true;
}

for (const state of STATES) {
  const swatch = make("span", { className: "swatch" });
  swatch.style.background = `var(--${state})`;
  find(document, "#legend").append(make("li", {}, swatch, LABELS[state]));
}

try {
  begin();
} catch (error) {
  fail(error);
  console.error(error);
}
