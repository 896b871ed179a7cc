/** Cube and square, each in a thread; and the error for arguments without brackets. */
import { expose, Thread } from "@x/thread";

function volumeCube(a: number): void {
  console.log(`Volume of Cube: ${a ** 3}`);
}

function volumeSquare(a: number): void {
  console.log(`Volume of Square: ${a ** 2}`);
}

expose({ volumeCube, volumeSquare });

export function main(): void {
  const cube = new Thread({ target: volumeCube, args: [2] }).start();
  const square = new Thread({ target: volumeSquare, args: [3] }).start();
  cube.join();
  square.join();

  try {
    // @ts-expect-error: args must be an array. TypeScript says so here; in JavaScript the constructor says it.
    new Thread({ target: volumeCube, args: 2 }).start();
  } catch (error) {
    console.log(String(error));
  }
  console.log("and the program goes on");
}
