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
  if (park.closed.isSet()) return;
  const { in: came, out: left, frames: seen } = total(park.state);
  const free = String(park.spaces.value).padStart(3);
  const percent = String(Math.floor((100 * seen) / frames)).padStart(3);
  console.log(`${now()}  ${percent} % of the frames  ${came} in, ${left} out, ${free} spaces free`);
  // Without the check, the program might be exiting already, and refuse to start a timer.
  park.ifOpen(() => showSign(park, frames));
}
expose({ tick });
