/** The options of a day in the car park. */
export interface Options {
  readonly seed: number;
  readonly entries: number;
  readonly exits: number;
  readonly frames: number;
  /** How many frames a camera delivers in a second. */
  readonly fps: number;
  /** How many spaces are free in the morning. */
  readonly spaces: number;
  /** The HTML page to write. */
  readonly report?: string | undefined;
}
