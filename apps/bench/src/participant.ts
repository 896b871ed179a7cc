/** A participant of a thread group, in its own worker: see thread-group.ts. */
import { parentPort, workerData } from "node:worker_threads";
import type { Point } from "./row.js";
import { loadRow } from "./rows.js";
import {
  DONE,
  GO,
  type GroupContestant,
  type Participant,
  type ParticipantArgs,
  READY,
  ROUND,
  STOP,
} from "./thread-group.js";

const { row, contestant, point, index, shared, words, results } = workerData as ParticipantArgs;
const { contestants } = await loadRow(row);
const { spec } = contestants[contestant] as GroupContestant<unknown, Point>;
const runRound = await spec.enter(shared, point);
const me: Participant = { index, stopped: () => words[STOP] !== 0 };

parentPort?.postMessage("ready");
for (let round = 0; ;) {
  Atomics.wait(words, ROUND, round);
  round = Atomics.load(words, ROUND);
  Atomics.add(words, READY, 1);
  Atomics.notify(words, READY);
  Atomics.wait(words, GO, 0);
  results[index] = await runRound(me);
  Atomics.add(words, DONE, 1);
  Atomics.notify(words, DONE);
}
