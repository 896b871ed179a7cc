/** The car park: a day with its cameras, what they see, and what they count. */
import { countCars, readFrames } from "@x/examples/car-park/camera";
import { FrameQueue } from "@x/examples/car-park/frame-queue";
import { HEIGHT, IN, LINE, OUT, PIXELS, WIDTH } from "@x/examples/car-park/image";
import { CarPark, type Counts } from "@x/examples/car-park/park";
import { Video, type VideoPlan } from "@x/examples/car-park/video";
import { Barrier, terminate, Thread } from "@x/threading";
import { find, make, messageOf, tell } from "./dom.js";
import { ThreadList } from "./thread-list.js";
import type { Change } from "./trace.js";

const FPS = 25;
/** The longest time for all threads to come to the start. */
const START_MS = 30_000;
/** Milliseconds between two looks at the counts. */
const LOOK_MS = 200;

interface Camera {
  readonly name: string;
  readonly plan: VideoPlan;
  readonly video: Video;
  readonly canvas: HTMLCanvasElement;
  readonly caption: HTMLElement;
  readonly picture: Uint8ClampedArray;
  readonly threads: readonly Thread[];
  /** The frame on the canvas. */
  shown: number;
}

export class CarParkPanel {
  private readonly form: HTMLFormElement;
  private readonly sign: HTMLElement;
  private readonly log: HTMLElement;
  private readonly views: HTMLElement;
  private readonly list: ThreadList;
  private cameras: Camera[] = [];
  private counts: readonly Counts[] = [];
  private days = 0;

  constructor(section: HTMLElement) {
    this.form = find(section, "form");
    this.sign = find(section, ".sign");
    this.log = find(section, ".log");
    this.views = find(section, ".cameras");
    this.list = new ThreadList(find(section, ".threads"));
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.openForDay().catch((error: unknown) => tell(this.log, messageOf(error), "error"));
    };
  }

  private number(name: string): number {
    return (this.form.elements.namedItem(name) as HTMLInputElement).valueAsNumber;
  }

  private async openForDay(): Promise<void> {
    const [entries, exits, spaces] = [this.number("entries"), this.number("exits"), this.number("spaces")];
    const frames = Math.round(this.number("seconds") * FPS);
    const button = find<HTMLButtonElement>(this.form, "button");
    button.disabled = true;
    const seed = 1000 * ++this.days;
    const start = new Barrier(2 * (entries + exits) + 1, undefined, START_MS);
    const park = new CarPark(spaces, entries + exits, start);
    this.cameras = Array.from({ length: entries + exits }, (_, i) => {
      const name = i < entries ? `entry ${i + 1}` : `exit ${i - entries + 1}`;
      return this.makeCamera(name, { seed: seed + i, frames, direction: i < entries ? IN : OUT }, i, park);
    });
    this.counts = [];
    this.views.replaceChildren(...this.cameras.map(({ canvas, caption }) => make("figure", {}, canvas, caption)));
    const ends = this.cameras.map((camera) => this.started(camera));
    const looking = setInterval(() => void this.look(park, spaces), LOOK_MS);
    try {
      await start.waitAsync();
      tell(this.log, `Day ${this.days}: ${2 * ends.length} threads watch ${ends.length} cameras.`);
      await Promise.all(ends.slice(entries));
      park.closed.set(); // no car leaves any more, so a waiting driver gets no space
      const areWhole = await Promise.all(ends);
      await this.look(park, spaces);
      this.compare(areWhole);
    } finally {
      clearInterval(looking);
      button.disabled = false;
    }
  }

  private makeCamera(name: string, plan: VideoPlan, camera: number, park: CarPark): Camera {
    const queue = new FrameQueue();
    const canvas = make("canvas", { width: WIDTH, height: HEIGHT });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `What the camera at ${name} sees`);
    const reader = new Thread({ target: readFrames, args: [plan, 1000 / FPS, queue, park], name: `${name} reader` });
    const judge = new Thread({ target: countCars, args: [camera, queue, park], name: `${name} judge` });
    return {
      ...{ name, plan, video: new Video(plan), canvas, threads: [reader, judge], shown: -1 },
      caption: make("figcaption", {}, name),
      picture: new Uint8ClampedArray(PIXELS),
    };
  }

  /** Starts the threads of a camera. Resolves at the end of both: true if both have done all their work. */
  private async started({ threads }: Camera): Promise<boolean> {
    const [reader, judge] = threads as [Thread, Thread];
    for (const thread of threads) {
      const other = thread === reader ? judge : reader;
      this.list.add(thread.start(), {
        onEnd: (error) => {
          if (error === undefined) return;
          tell(this.log, messageOf(error), "error");
          if (!other.isAlive()) return;
          terminate(other);
          tell(this.log, `${other.name} is terminated, too, because it would wait for ever.`);
        },
      });
    }
    const outcomes = await Promise.allSettled(threads.map((thread) => thread.resultAsync()));
    return outcomes.every(({ status }) => status === "fulfilled");
  }

  private async look(park: CarPark, spaces: number): Promise<void> {
    try {
      this.counts = await park.stateAsync();
    } catch (error) {
      tell(this.log, messageOf(error), "error"); // a thread was killed while it counted
      return;
    }
    const [free, percent] = [park.spaces.value, this.percent()];
    this.sign.textContent = `${free} of ${spaces} spaces are free. The cameras have seen ${percent} % of the day.`;
  }

  private percent(): number {
    const all = this.cameras.reduce((sum, { plan }) => sum + plan.frames, 0);
    return Math.floor((100 * this.counts.reduce((sum, { frames }) => sum + frames, 0)) / all);
  }

  /** Compares the counts with the truth, which the maker of the pictures knows. */
  private compare(areWhole: readonly boolean[]): void {
    this.cameras.forEach(({ name, video, caption }, i) => {
      const counts = this.counts[i] as Counts;
      const { truth } = video;
      const isTrue = counts.in === truth[IN] && counts.out === truth[OUT];
      const verdict = isTrue
        ? "all counted"
        : areWhole[i]
          ? `but really ${truth[IN]} in, ${truth[OUT]} out`
          : "until it was killed";
      caption.textContent = `${name}: ${counts.in} in, ${counts.out} out, ${verdict}`;
      caption.className = isTrue ? "true" : "";
    });
    const isAllTrue = this.cameras.every(
      (_, i) => find(this.views, `figure:nth-child(${i + 1}) figcaption`).className === "true",
    );
    this.sign.textContent = "The car park is closed.";
    tell(this.log, isAllTrue ? "All cameras counted what is true." : "Not all cameras counted the whole day.");
  }

  draw(changes: ReadonlyMap<number, readonly Change[]>): void {
    this.list.draw(changes);
    this.cameras.forEach((camera, i) => {
      const counts = this.counts[i];
      const frame = Math.min(counts?.frames ?? 0, camera.plan.frames - 1);
      if (frame === camera.shown) return;
      camera.shown = frame;
      if (counts !== undefined) camera.caption.textContent = `${camera.name}: ${counts.in} in, ${counts.out} out`;
      drawFrame(camera, frame);
    });
  }
}

/** Draws a frame as the camera's reader does: the film is made from the same seed. */
function drawFrame({ video, canvas, picture }: Camera, frame: number): void {
  video.draw(frame, picture);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(WIDTH, HEIGHT);
  new Uint32Array(image.data.buffer).set(Uint32Array.from(picture, (grey) => 0xff000000 | (grey * 0x010101)));
  context.putImageData(image, 0, 0);
  context.fillStyle = "#e5484d";
  context.fillRect(LINE, 0, 1, HEIGHT);
}
