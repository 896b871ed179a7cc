/**
 * The film of a camera, from a seed. Cars drive in or out, stop and go, turn back before or behind
 * the line. There are people on foot, noise, and changing light. The film knows its number of
 * crossings.
 */
import {
  type Direction,
  EMPTY_FRAMES,
  HEIGHT,
  IN,
  KERB_ROWS,
  LANE_ROWS,
  LANES,
  LINE,
  OUT,
  type Picture,
  PIXELS,
  WIDTH,
} from "./image.js";

/** The plan of a film: plain data, to send to the camera's thread. */
export interface VideoPlan {
  readonly seed: number;
  /** The direction of cars that do not turn back. */
  readonly direction: Direction;
  readonly frames: number;
}

const CAR_ROWS = 12;
/** The gap between two cars in a lane. */
const GAP = 6;
/** A car that turns back keeps this distance from the line. */
const CLEAR = 10;
const NOISE = 8;
const LIGHT = 15;

/** Pseudo-random numbers from 0 to 1, the same for the same seed: mulberry32. */
function randomness(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Car {
  readonly firstFrame: number;
  /** The column of its middle, frame by frame. */
  readonly path: readonly number[];
  readonly halfLength: number;
  readonly shade: number;
}

interface Walker {
  readonly firstFrame: number;
  readonly speed: number;
  readonly shade: number;
}

interface Lane {
  readonly cars: readonly Car[];
  readonly walker: Walker;
}

export class Video {
  private readonly lanes: readonly Lane[];
  private readonly road = new Uint8Array(PIXELS);

  constructor(private readonly plan: VideoPlan) {
    const random = randomness(plan.seed);
    for (let i = 0; i < PIXELS; i++) this.road[i] = 90 + 25 * random();
    this.lanes = LANES.map(() => ({ cars: this.traffic(random), walker: walker(random, plan.frames) }));
  }

  /** How often it crosses the line. */
  get truth(): Readonly<Record<Direction, number>> {
    const truth = { [IN]: 0, [OUT]: 0 };
    for (const { path } of this.lanes.flatMap(({ cars }) => cars)) {
      for (let i = 1; i < path.length; i++) {
        const [before, after] = [path[i - 1] as number, path[i] as number];
        if (before < LINE && after >= LINE) truth[IN]++;
        if (before >= LINE && after < LINE) truth[OUT]++;
      }
    }
    return truth;
  }

  draw(frame: number, picture: Picture): void {
    const random = randomness(this.plan.seed * 7919 + frame);
    const light = LIGHT * Math.sin(this.plan.seed + frame / 40);
    for (let i = 0; i < PIXELS; i++) picture[i] = (this.road[i] as number) + light;
    this.lanes.forEach(({ cars, walker }, lane) => {
      const top = LANES[lane] as number;
      for (const car of cars) drawCar(picture, top, car, frame, light);
      drawWalker(picture, top, walker, frame, light);
    });
    for (let i = 0; i < PIXELS; i++) picture[i] = (picture[i] as number) + NOISE * (2 * random() - 1);
  }

  /** The cars of a lane. Each follows the car before as closely as possible without touching. */
  private traffic(random: () => number): Car[] {
    const { direction, frames } = this.plan;
    const cars: Car[] = [];
    for (let frame = EMPTY_FRAMES; ;) {
      frame += Math.floor(40 * random());
      const halfLength = 6 + Math.floor(4 * random());
      const shade = random() < 0.5 ? 20 + 30 * random() : 165 + 60 * random();
      const path = pathOf(random, halfLength, direction);
      while (cars.some((other) => touch(other, { firstFrame: frame, path, halfLength, shade }))) frame++;
      if (frame + path.length > frames) return cars;
      cars.push({ firstFrame: frame, path, halfLength, shade });
    }
  }
}

/** A path from the left to its end; for cars on their way out, the same from the right. */
function pathOf(random: () => number, halfLength: number, direction: Direction): number[] {
  const [left, right] = [-halfLength - 1, WIDTH + halfLength];
  const path: number[] = [];
  const drive = (to: number): void => {
    const speed = 1 + 2 * random();
    let at = path.at(-1) ?? left;
    while (at !== to) path.push((at = to > at ? Math.min(to, at + speed) : Math.max(to, at - speed)));
  };
  const pause = (): void => {
    for (let frames = 5 + 15 * random(); frames > 0; frames--) path.push(path.at(-1) as number);
  };

  const kind = random();
  if (kind < 0.1 || (kind < 0.2 && direction === OUT)) {
    drive(LINE - CLEAR - 10 * random()); // comes near, and turns back
    pause();
    drive(left);
  } else if (kind < 0.2) {
    drive(LINE + CLEAR + 10 * random()); // crosses the line, and turns back
    pause();
    drive(left);
  } else {
    if (random() < 0.4) {
      drive(WIDTH * random());
      pause();
    }
    drive(right);
  }
  return path.map((at) => (direction === IN ? Math.round(at) : WIDTH - 1 - Math.round(at)));
}

function touch(a: Car, b: Car): boolean {
  const end = Math.min(a.firstFrame + a.path.length, b.firstFrame + b.path.length);
  for (let frame = Math.max(a.firstFrame, b.firstFrame); frame < end; frame++) {
    const distance = Math.abs((a.path[frame - a.firstFrame] as number) - (b.path[frame - b.firstFrame] as number));
    if (distance <= a.halfLength + b.halfLength + GAP) return true;
  }
  return false;
}

function walker(random: () => number, frames: number): Walker {
  return { firstFrame: EMPTY_FRAMES + frames * random() * 0.5, speed: 0.5 + 0.5 * random(), shade: 220 * random() };
}

function drawCar(
  picture: Picture,
  top: number,
  { firstFrame, path, halfLength, shade }: Car,
  frame: number,
  light: number,
) {
  const at = path[frame - firstFrame];
  if (at === undefined) return;
  const window = 110;
  for (let row = 0; row < CAR_ROWS; row++) {
    for (let column = Math.max(0, at - halfLength); column <= Math.min(WIDTH - 1, at + halfLength); column++) {
      const isWindow = row >= 4 && row < 8 && Math.abs(column - at) < halfLength / 2;
      picture[(top + row) * WIDTH + column] = (isWindow ? window : shade) + light;
    }
  }
}

/** A person on foot beside the cars, too small for a car. */
function drawWalker(picture: Picture, top: number, { firstFrame, speed, shade }: Walker, frame: number, light: number) {
  const at = Math.floor((frame - firstFrame) * speed);
  if (at < 0) return;
  for (let row = CAR_ROWS; row < LANE_ROWS; row++)
    for (let column = at; column < Math.min(WIDTH, at + 3); column++)
      picture[(top + row) * WIDTH + column] = shade + light;
}

if (KERB_ROWS > (LANES[0] as number) || (LANES.at(-1) as number) + LANE_ROWS > HEIGHT) throw new Error("lanes overlap");
