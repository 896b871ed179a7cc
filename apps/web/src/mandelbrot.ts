/** The Mandelbrot set: the view, its picture by N threads, and the speed-up. */
import { Thread } from "@x/threading";
import { find, make, makeSvg, messageOf } from "./dom.js";
import { drawRows, MOST_STEPS, NEXT_ROW, type Picture, STOPPED, type View } from "./rows.js";

const WIDTH = 640;
const HEIGHT = 400;
const WHOLE: View = { x: -0.65, y: 0, step: 3.6 / WIDTH };
/** A view with work for every row, to be measured. */
const MEASURED: View = { x: -0.7453, y: 0.1127, step: 0.01 / WIDTH };
/** Doubles have no digits for a smaller step. */
const LEAST_STEP = 1e-15;
/** A shorter drag is a click. */
const DRAG = 6;

const MOST_THREADS = 64;
const CORES: number = Math.max(1, Math.min(navigator.hardwareConcurrency, MOST_THREADS));
/** How often each number of threads is measured. The fastest run counts, because other programs only slow it down. */
const RUNS = 2;

/** The colours, by the number of steps: black for points that stay. */
const PALETTE: Uint32Array = Uint32Array.from({ length: MOST_STEPS + 1 }, (_, steps) => {
  if (steps === 0) return 0xff000000;
  const [red, green, blue] = [0, 0.6, 1.1].map((shift) => Math.round(128 + 127 * Math.sin(0.14 * steps + 4 + shift)));
  return (0xff000000 | ((blue as number) << 16) | ((green as number) << 8) | (red as number)) >>> 0;
});

export class Mandelbrot {
  private view: View = WHOLE;
  private picture: Picture | undefined;
  /** Have all rows been computed, and drawn? */
  private isDone = true;
  private isDrawn = true;
  /** The end of the last run. Runs come one after another. */
  private running: Promise<unknown> = Promise.resolve();
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly threads: HTMLInputElement;
  private readonly told: HTMLElement;
  private readonly chart: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly measureButton: HTMLButtonElement;

  constructor(section: HTMLElement) {
    this.frame = find(section, ".picture");
    this.canvas = find(section, "canvas");
    this.context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    this.told = find(section, ".told");
    this.chart = find(section, ".chart");
    this.threads = find(section, "[data-do=threads]");
    this.threads.max = String(MOST_THREADS);
    this.threads.valueAsNumber = CORES;
    this.threads.onchange = () => this.show(this.view);
    find<HTMLButtonElement>(section, "[data-do=whole]").onclick = () => this.show(WHOLE);
    find<HTMLButtonElement>(section, "[data-do=out]").onclick = () => this.zoom(0.5);
    this.measureButton = find(section, "[data-do=measure]");
    this.measureButton.onclick = () => void this.measure();
    this.frame.onkeydown = (event) => this.key(event);
    this.listenToPointer(find(section, ".selection"));
    this.show(WHOLE);
  }

  /** Draws a view. A run that is not done stops. */
  private show(view: View): void {
    if (!this.threads.checkValidity()) return void this.threads.reportValidity();
    this.view = view;
    void this.run(view, this.threads.valueAsNumber).then((run) => {
      if (run === undefined) return;
      const zoom = (WHOLE.step / view.step).toPrecision(3);
      this.told.textContent =
        `${count(run.rows.length, "thread")}: ${Math.round(run.ms)} ms, zoom ${Number(zoom)}, rows per thread ` +
        `${run.rows.join(" + ")}, checksum ${checksum(run.picture.steps)}`;
    }, this.fail);
  }

  private readonly fail = (error: unknown): void => {
    this.told.textContent = messageOf(error);
  };

  /** Runs threads on a view; undefined if another run has stopped this one. */
  private async run(view: View, threads: number): Promise<Run | undefined> {
    if (this.picture !== undefined) Atomics.store(this.picture.progress, STOPPED, 1);
    const picture: Picture = {
      ...{ width: WIDTH, height: HEIGHT },
      steps: new Uint16Array(new SharedArrayBuffer(2 * WIDTH * HEIGHT)),
      progress: new Int32Array(new SharedArrayBuffer(8)),
    };
    this.picture = picture;
    const before = this.running;
    const run = (async () => {
      await before;
      if (this.picture !== picture) return undefined;
      this.isDone = this.isDrawn = false;
      const begun = performance.now();
      const all = Array.from({ length: threads }, (_, i) =>
        new Thread({ target: drawRows, args: [view, picture], name: `rows ${i + 1}` }).start(),
      );
      const rows = await Promise.all(all.map((thread) => thread.resultAsync()));
      if (this.picture !== picture) return undefined;
      this.isDone = true;
      return { rows, picture, ms: performance.now() - begun };
    })();
    this.running = run.catch(() => undefined);
    return run;
  }

  /** Measures one view with 1, 2, 4 … threads, up to all cores. */
  private async measure(): Promise<void> {
    this.measureButton.disabled = true;
    try {
      const counts = [...new Set([1, 2, 4, 8, 16, 32, CORES])].filter((threads) => threads <= CORES);
      this.view = MEASURED;
      await this.run(MEASURED, CORES); // the workers start, and their code becomes warm
      const results: Measured[] = [];
      for (const threads of counts) {
        this.told.textContent = `Measuring with ${count(threads, "thread")} …`;
        let ms = Infinity;
        let sum = "";
        for (let i = 0; i < RUNS; i++) {
          const run = await this.run(MEASURED, threads);
          if (run === undefined) return void (this.told.textContent = "The measurement has been interrupted.");
          ms = Math.min(ms, run.ms);
          sum = checksum(run.picture.steps);
        }
        results.push({ threads, ms, sum });
      }
      const best = results.at(-1) as Measured;
      const areSame = results.every(({ sum }) => sum === best.sum);
      this.told.textContent =
        `${count(best.threads, "thread")}: ${speedUp(results[0] as Measured, best)} times as fast as one; ` +
        (areSame ? `the same picture by each number of threads, checksum ${best.sum}` : "the pictures differ");
      this.showChart(results);
    } catch (error) {
      this.fail(error);
    } finally {
      this.measureButton.disabled = false;
    }
  }

  private showChart(results: readonly Measured[]): void {
    const [row, left, width] = [30, 84, 400];
    const most = Math.max(...results.map(({ threads }) => threads));
    const svg = makeSvg("svg", { viewBox: `0 0 ${left + width + 150} ${results.length * row}`, role: "img" });
    svg.setAttribute("aria-label", "Speed-up by the number of threads");
    results.forEach((result, i) => {
      const speed = Number(speedUp(results[0] as Measured, result));
      const [y, scale] = [i * row, width / Math.max(most, speed)];
      const text = (x: number, content: string, anchor: string): SVGElement => {
        const label = makeSvg("text", { x, y: y + row / 2 + 5, "text-anchor": anchor });
        label.textContent = content;
        return label;
      };
      svg.append(
        makeSvg("rect", { x: left, y: y + 4, width: scale * result.threads, height: row - 8, class: "ideal" }),
        makeSvg("rect", { x: left, y: y + 4, width: scale * speed, height: row - 8, class: "bar" }),
        text(left - 8, count(result.threads, "thread"), "end"),
        text(left + scale * Math.max(speed, result.threads) + 8, `× ${speed}, ${Math.round(result.ms)} ms`, "start"),
      );
    });
    this.chart.replaceChildren(
      svg,
      make("figcaption", {}, "The outlined bar is as many times as fast as there are threads."),
    );
    this.chart.hidden = false;
  }

  private zoom(factor: number, x: number = this.view.x, y: number = this.view.y): void {
    this.show({ x, y, step: Math.max(LEAST_STEP, this.view.step / factor) });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { x, y, step } = this.view;
    const move = (right: number, down: number) => () =>
      this.show({ step, x: x + (right * step * WIDTH) / 8, y: y + (down * step * HEIGHT) / 8 });
    const act = {
      ...{ ArrowLeft: move(-1, 0), ArrowRight: move(1, 0), ArrowUp: move(0, -1), ArrowDown: move(0, 1) },
      ...{ "+": () => this.zoom(2), "=": () => this.zoom(2), "-": () => this.zoom(0.5), "0": () => this.show(WHOLE) },
    }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  private listenToPointer(selection: HTMLElement): void {
    let from: { readonly x: number; readonly y: number } | undefined;
    const at = (event: PointerEvent) => ({ x: event.offsetX, y: event.offsetY });
    const pixels = () => WIDTH / this.canvas.clientWidth;
    const planeX = (x: number): number => this.view.x + (x * pixels() - WIDTH / 2) * this.view.step;
    const planeY = (y: number): number => this.view.y + (y * pixels() - HEIGHT / 2) * this.view.step;
    this.canvas.onpointerdown = (event) => {
      if (event.button !== 0) return;
      from = at(event);
      this.canvas.setPointerCapture(event.pointerId);
    };
    this.canvas.onpointermove = (event) => {
      if (from === undefined) return;
      const to = at(event);
      selection.hidden = Math.abs(to.x - from.x) < DRAG;
      const [left, top] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
      const [width, height] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
      selection.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
    };
    this.canvas.onpointercancel = () => {
      from = undefined;
      selection.hidden = true;
    };
    this.canvas.onpointerup = (event) => {
      if (from === undefined) return;
      const [begin, to] = [from, at(event)];
      from = undefined;
      selection.hidden = true;
      const width = Math.abs(to.x - begin.x);
      if (width < DRAG) this.zoom(2, planeX(to.x), planeY(to.y));
      else this.zoom(this.canvas.clientWidth / width, planeX((begin.x + to.x) / 2), planeY((begin.y + to.y) / 2));
    };
  }

  /** Draws the pixels that are there. */
  draw(): void {
    if (this.picture === undefined || this.isDrawn) return;
    const { steps, progress } = this.picture;
    // Read before the pixels: after the last row, one more drawing shows all of them.
    const isDone = this.isDone;
    const image = this.context.createImageData(WIDTH, HEIGHT);
    const pixels = new Uint32Array(image.data.buffer);
    const rows = Math.min(HEIGHT, Atomics.load(progress, NEXT_ROW));
    for (let i = 0; i < rows * WIDTH; i++) pixels[i] = PALETTE[steps[i] as number] as number;
    this.context.putImageData(image, 0, 0, 0, 0, WIDTH, rows);
    this.isDrawn = isDone;
  }
}

interface Run {
  readonly rows: readonly number[];
  readonly picture: Picture;
  readonly ms: number;
}

interface Measured {
  readonly threads: number;
  readonly ms: number;
  readonly sum: string;
}

function speedUp(one: Measured, many: Measured): string {
  return (one.ms / many.ms).toFixed(2);
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** FNV-1a of all pixels, in hexadecimal. */
function checksum(steps: Uint16Array): string {
  let hash = 0x811c9dc5;
  for (const value of steps) hash = Math.imul(hash ^ value, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
