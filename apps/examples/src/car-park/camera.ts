/**
 * The two threads of a camera: the reader reads its frames, the judge counts cars on them. In a
 * module of their own, so that these threads do not load the main thread's imports.
 */
import { expose, sleep } from "@x/thread";
import type { FrameQueue } from "./frame-queue.js";
import { IN } from "./image.js";
import { LineCounter } from "./line-counter.js";
import type { CarPark } from "./park.js";
import { Video, type VideoPlan } from "./video.js";

/** Delivers the frames of a camera at its pace, or later if the judge is slow. */
function readFrames(plan: VideoPlan, frameMs: number, queue: FrameQueue, { start }: CarPark): void {
  const video = new Video(plan);
  start.wait();
  const began = performance.now();
  for (let frame = 0; frame < plan.frames; frame++) {
    sleep(Math.max(0, began + frame * frameMs - performance.now()));
    queue.put((picture) => video.draw(frame, picture));
  }
  queue.end();
}

/** Counts the cars on the frames of a camera. A car without a free space blocks the cars behind it. */
function countCars(camera: number, queue: FrameQueue, park: CarPark): void {
  const counter = new LineCounter();
  const turnedAway = new Set<number>();
  park.start.wait();
  while (
    queue.take((picture) => {
      for (const { car, direction } of counter.look(picture)) {
        if (direction !== IN) park.leave(camera, !turnedAway.delete(car));
        else if (!park.enter(camera)) turnedAway.add(car);
      }
      park.countFrame(camera);
    })
  );
}

expose({ readFrames, countCars });
export { countCars, readFrames };
