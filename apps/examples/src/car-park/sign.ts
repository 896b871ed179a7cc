/** The sign at the street: a timer that starts the next timer. */
import { expose } from "@x/thread";
import { Timer } from "@x/timer";
import { now } from "../clock.js";
import { type CarPark, total } from "./park.js";

const EVERY_MS = 500;

/** Shows the sign now and then until the car park closes. */
export function showSign(park: CarPark, frames: number): void {
  const timer = new Timer(EVERY_MS, tick, [park, frames]);
  timer.name = "sign";
  timer.daemon = true; // does not keep the program alive
  timer.start();
}

function tick(park: CarPark, frames: number): void {
  const { in: came, out: left, frames: seen } = total(park.state);
  const free = String(park.spaces.value).padStart(3);
  const percent = String(Math.floor((100 * seen) / frames)).padStart(3);
  // While it is open: later, main prints its counts, and the program may be exiting, and refuse to start a timer.
  park.ifOpen(() => {
    console.log(`${now()}  ${percent} % of the frames  ${came} in, ${left} out, ${free} spaces free`);
    showSign(park, frames);
  });
}
expose({ tick });
