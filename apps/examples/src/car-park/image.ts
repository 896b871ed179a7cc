/**
 * The cameras' view. A camera looks down on two lanes. The car park is to the right, the street to
 * the left, and a car crosses the line on its way in or out.
 *
 *      kerb    ..........................|..........................
 *      lane 0  ..[car]->.................|..........................
 *      lane 1  ..........................|.....................[car]
 */
export const WIDTH = 96;
export const HEIGHT = 48;
export const PIXELS: number = WIDTH * HEIGHT;

/** The column of the line. */
export const LINE = 48;
/** The rows above the lanes; no car ever drives there. */
export const KERB_ROWS = 8;
/** The first row of each lane. */
export const LANES: readonly number[] = [10, 30];
export const LANE_ROWS = 16;

/** How many frames the road is empty after a camera is switched on. */
export const EMPTY_FRAMES = 10;

/** A picture: a byte of grey per pixel, row by row. */
export type Picture = Uint8ClampedArray;

export const IN = 0;
export const OUT = 1;
export type Direction = typeof IN | typeof OUT;
