/**
 * Random programs: threads start, join, fail, exit and terminate each other. Every run ends, and all threads are counted.
 * `STRESS=10 npm run stress -w @x/thread` runs ten times longer; a failure names its seed, and `SEED=…` runs it again.
 */
import { LONG, until } from "@x/testkit";
import { activeCount, setExceptHook, Thread } from "@x/thread";
import { expect, it } from "vitest";
import { newFlags } from "./helpers.js";
import * as w from "./thread.stress.workers.mjs";
import { nothing } from "./thread.workers.mjs";

const SCALE = Number(process.env["STRESS"]) || 1;
const SEED = Number(process.env["SEED"]) || Date.now() % 1_000_000;

/** The number of concurrent agents, and of the steps of each agent. */
const AGENTS = 4;
const STEPS = 25;

it(`random programs end, with all threads accounted for (SEED=${SEED})`, () => {
  setExceptHook(nothing);
  const total = newFlags();
  let started = 0;
  for (let round = 0; round < 2 * SCALE; round++) {
    const agents = Array.from({ length: AGENTS }, (_, i) => {
      const seed = SEED + round * AGENTS + i;
      return new Thread({ target: w.agent, args: [seed, STEPS, 2, total], name: `agent ${seed}` }).start();
    });
    for (const agent of agents) {
      expect(agent.join(6 * LONG), `${agent.name} ends`).toBe(true);
      const result = agent.result();
      expect(result.wrong, `SEED=${SEED}, ${agent.name}`).toEqual([]);
      started += result.started;
    }
  }
  until(() => activeCount() === 1);
  const [begun, done] = [total[w.BEGUN]!, total[w.DONE]!];
  expect(started).toBeGreaterThan(AGENTS * STEPS * SCALE);
  // Terminated threads may not have begun, and could not report their own threads.
  expect(done).toBeLessThanOrEqual(begun);
  expect(done).toBeGreaterThan(0);
});

it("a start that is terminated at any moment ends, and frees its slot", () => {
  setExceptHook(nothing);
  const flags = newFlags();
  for (let i = 0; i < 15 * SCALE; i++) {
    const victims = [0, 1].map(() => new Thread({ target: w.starter, args: [flags] }).start());
    for (let spin = (i * 37) % 1000; spin > 0; spin--) Atomics.load(flags, 0);
    const killer = new Thread({ target: w.killAll, args: [victims] }).start();
    for (const thread of [...victims, killer]) expect(thread.join(LONG), `${String(thread)} ends`).toBe(true);
  }
  until(() => activeCount() === 1);
});
