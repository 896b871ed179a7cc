/** A member of a crew, in a worker of its own: see crew.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { type CrewContestant, DONE, type Enlisted, GO, type Player, READY, ROUND, STOP } from "./crew.js";
import { loadRow } from "./rows.js";
import type { Point } from "./row.js";

const { row, contestant, point, index, shared, words, results } = workerData as Enlisted;
const { contestants } = await loadRow(row);
const { play } = contestants[contestant] as CrewContestant<unknown, Point>;
const role = await play.enter(shared, point);
const me: Player = { index, stopped: () => words[STOP] !== 0 };

parentPort?.postMessage("here");
for (let round = 0; ;) {
  Atomics.wait(words, ROUND, round);
  round = Atomics.load(words, ROUND);
  Atomics.add(words, READY, 1);
  Atomics.notify(words, READY);
  Atomics.wait(words, GO, 0);
  results[index] = await role(me);
  Atomics.add(words, DONE, 1);
  Atomics.notify(words, DONE);
}
