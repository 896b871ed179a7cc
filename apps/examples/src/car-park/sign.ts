/** The sign at the street, by a timer that starts the next. */
import { expose } from "@x/thread";
import { Timer } from "@x/timer";
import { now } from "../clock.js";
import { type CarPark, total } from "./park.js";

const EVERY_MS = 500;

/** Shows the sign now and then, until the car park is closed. */
export function showSign(park: CarPark, frames: number): void {
  const timer = new Timer(EVERY_MS, tick, [park, frames]);
  timer.name = "sign";
  timer.daemon = true; // does not hold up the end
  timer.start();
}

function tick(park: CarPark, frames: number): void {
  if (park.closed.isSet()) return;
  const { in: came, out: left, frames: seen } = total(park.state);
  const free = String(park.spaces.value).padStart(3);
  const percent = String(Math.floor((100 * seen) / frames)).padStart(3);
  console.log(`${now()}  ${percent} % of the frames  ${came} in, ${left} out, ${free} spaces free`);
  // Closed in between, the program might be past waiting for threads, and start no more.
  park.ifOpen(() => showSign(park, frames));
}
expose(import.meta, { tick });
