/** The thread of a picture of the Mandelbrot set: takes row after row until none is left. */
import { expose } from "@x/threading";

/** A part of the plane: its centre, and the width of a pixel. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly step: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** For each pixel the number of steps until the point has escaped; 0 if it stays. */
  readonly steps: Uint16Array;
  /** The next row, and a flag: 1 tells the threads to stop. */
  readonly progress: Int32Array;
}

export const [NEXT_ROW, STOPPED] = [0, 1];
export const MOST_STEPS = 1500;

export function drawRows({ x, y, step }: View, { width, height, steps, progress }: Picture): number {
  let rows = 0;
  while (Atomics.load(progress, STOPPED) === 0) {
    const row = Atomics.add(progress, NEXT_ROW, 1);
    if (row >= height) break;
    const cy = y + (row - height / 2) * step;
    for (let column = 0; column < width; column++) {
      steps[row * width + column] = stepsToEscape(x + (column - width / 2) * step, cy);
    }
    rows++;
  }
  return rows;
}

expose({ drawRows });

function stepsToEscape(cx: number, cy: number): number {
  let [zx, zy, xx, yy] = [0, 0, 0, 0];
  for (let n = 1; n <= MOST_STEPS; n++) {
    zy = 2 * zx * zy + cy;
    zx = xx - yy + cx;
    xx = zx * zx;
    yy = zy * zy;
    if (xx + yy > 4) return n;
  }
  return 0;
}
