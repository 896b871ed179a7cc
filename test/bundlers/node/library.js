// A library that the program uses: it imports the small packages, and exposes what is its own.
import { Lock } from "@x/lock";
import { expose, sharedGlobals, Thread } from "@x/thread";

export function cube(x) {
  return x ** 3;
}
expose({ cube });

const { lock } = sharedGlobals({ lock: () => new Lock() });
export const libraryLock = lock;

export function cubeInThread(x) {
  return new Thread({ target: cube, args: [x] }).start().result(10_000);
}
