/**
 * The algorithm: looks at the pictures of a camera in turn, and reports each crossing of the line
 * with its direction.
 *
 * It learns the empty road, finds cars as columns with differences in a lane, and follows each car
 * from picture to picture. It knows only the pictures.
 */
import {
  type Direction,
  EMPTY_FRAMES,
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

/** A larger difference of grey is more than noise. */
const DIFFERENT = 24;
/** How many rows of a lane must differ in a column of a car. People on foot are smaller. */
const ROWS_OF_A_CAR = 6;
/** The fewest columns of a car. */
const COLUMNS_OF_A_CAR = 4;
/** The farthest a car moves from a picture to the next. */
const MOST_COLUMNS = 6;
/**
 * How far behind the line a car must be to have crossed it. A car that stops on the line does not
 * cross it again and again.
 */
const BEYOND = 2;

/** A car in view. */
interface Track {
  readonly car: number;
  middle: number;
  isInside: boolean;
}

export interface Crossing {
  /** A car keeps its number while it is in the picture. */
  readonly car: number;
  readonly direction: Direction;
}

export class LineCounter {
  /** The sum of the first pictures, then their mean. */
  private readonly road = new Float64Array(PIXELS);
  private pictures = 0;
  private cars = 0;
  private tracks: readonly (readonly Track[])[] = LANES.map(() => []);

  /** Looks at the next picture. @returns the crossings since the picture before */
  look(picture: Picture): Crossing[] {
    if (this.pictures < EMPTY_FRAMES) {
      for (let i = 0; i < PIXELS; i++) this.road[i] = (this.road[i] as number) + (picture[i] as number) / EMPTY_FRAMES;
      this.pictures++;
      return [];
    }
    const light = this.light(picture);
    const crossings: Crossing[] = [];
    this.tracks = this.tracks.map((tracks, lane) => {
      const middles = this.carsIn(picture, LANES[lane] as number, light);
      return middles.map((middle) => this.follow(tracks, middle, crossings));
    });
    return crossings;
  }

  /** How much brighter the light is than during learning, measured where no car ever drives. */
  private light(picture: Picture): number {
    let sum = 0;
    for (let i = 0; i < KERB_ROWS * WIDTH; i++) sum += (picture[i] as number) - (this.road[i] as number);
    return sum / (KERB_ROWS * WIDTH);
  }

  /** The middles of the cars in a lane. */
  private carsIn(picture: Picture, top: number, light: number): number[] {
    const middles: number[] = [];
    let first: number | undefined;
    for (let column = 0; column <= WIDTH; column++) {
      if (column < WIDTH && this.rowsThatDiffer(picture, top, column, light) >= ROWS_OF_A_CAR) {
        first ??= column;
      } else if (first !== undefined) {
        if (column - first >= COLUMNS_OF_A_CAR) middles.push((first + column - 1) / 2);
        first = undefined;
      }
    }
    return middles;
  }

  private rowsThatDiffer(picture: Picture, top: number, column: number, light: number): number {
    let rows = 0;
    for (let i = top * WIDTH + column; i < (top + LANE_ROWS) * WIDTH; i += WIDTH)
      if (Math.abs((picture[i] as number) - (this.road[i] as number) - light) > DIFFERENT) rows++;
    return rows;
  }

  /** The track of the car with this middle. */
  private follow(tracks: readonly Track[], middle: number, crossings: Crossing[]): Track {
    const track = tracks.find((known) => Math.abs(known.middle - middle) <= MOST_COLUMNS);
    if (track === undefined) return { car: this.cars++, middle, isInside: middle >= LINE };
    track.middle = middle;
    const isBeyond = track.isInside ? middle <= LINE - BEYOND : middle >= LINE + BEYOND;
    if (isBeyond) {
      track.isInside = !track.isInside;
      crossings.push({ car: track.car, direction: track.isInside ? IN : OUT });
    }
    return track;
  }
}
