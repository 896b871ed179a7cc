/** The bodies of the threads of barrier.model.ts. The barrier lives at word 0. */
import { Barrier, BrokenBarrierError } from "@x/barrier";

const barrierOf = (t, parties, action) =>
  t.quietly(() => {
    Barrier.from(t.at(0)); // this thread receives the barrier, and holds it from now on
    return new Barrier(parties, action, undefined, t.at(0));
  });

const RESET = 2;

/** The index of the ARRIVAL of thread `number`. */
export const pendingOf = (number) => 8 + number;

/** Makes the barrier. `reset` is the value of RESET. */
export function make(t, { parties = 2, reset = 0 } = {}) {
  new Barrier(parties, undefined, undefined, t.at(0));
  const { buffer, byteOffset } = t.at(0);
  new Int32Array(buffer, byteOffset)[RESET] = reset;
}

/** After the wait: all parties of the cycle have arrived, or it broke. */
function passed(t, index, parties) {
  t.check(index >= 0 && index < parties, "no index");
  t.check(t.add(`passed ${index}`, 1) >= 1, "");
}

/** Waits `times` times. No party may continue before all have arrived. `timeout` may run out, and break the barrier. */
export function party(
  t,
  { parties = 2, times = 1, timeout = Infinity, acts = false, fails = false, mayBreak = false } = {},
) {
  const act = () => {
    t.check(t.add("acting", 1) === 1, "two actions run");
    t.check(t.get("gone") % parties === 0, "a party left before the action");
    t.work();
    t.add("acting", -1);
    if (fails) throw new Error("the action");
    t.add("acted", 1);
  };
  const barrier = barrierOf(t, parties, acts ? act : undefined);
  for (let time = 1; time <= times; time++) {
    t.add("come", 1);
    try {
      const index = barrier.wait(timeout);
      t.check(t.get("come") >= parties * time || mayBreak, "left before all parties arrived");
      if (acts) t.check(t.get("acted") >= time, "left before the action");
      t.add("gone", 1);
      passed(t, index, parties);
    } catch (error) {
      if (fails && error.message === "the action") return;
      t.check(mayBreak && error instanceof BrokenBarrierError, `threw ${error}`);
      t.add("broke", 1);
      return;
    }
  }
}

/** The same in `tasks` concurrent tasks. */
export async function asyncParty(
  t,
  { parties = 2, tasks = 1, times = 1, timeout = Infinity, abortable = false, mayBreak = false } = {},
) {
  const barrier = barrierOf(t, parties);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    for (let time = 1; time <= times; time++) {
      t.add("come", 1);
      try {
        const index = await barrier.waitAsync({ timeout, signal });
        t.check(t.get("come") >= parties * time || mayBreak, "left before all parties arrived");
        t.add("gone", 1);
        passed(t, index, parties);
      } catch (error) {
        const aborted = abortable && error === signal.reason;
        t.check(aborted || (mayBreak && error instanceof BrokenBarrierError), `threw ${error}`);
        t.add(aborted ? "aborted" : "broke", 1);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: tasks }, one));
}

/** Waits again until it passes. */
export function persistent(t, { parties = 2, tries = 3 } = {}) {
  const barrier = barrierOf(t, parties);
  for (let time = 0; time < tries; time++) {
    try {
      passed(t, barrier.wait(), parties);
      t.add("gone", 1);
      return;
    } catch (error) {
      t.check(error instanceof BrokenBarrierError, `threw ${error}`);
      t.add("broke", 1);
    }
  }
  t.check(false, "broke more often than it was reset");
}

/** A thread that arrives late. Until then it does not hold the barrier. */
export function replacement(t, args) {
  t.work();
  party(t, args);
}

/** Holds the barrier, and never waits. */
export function holder(t) {
  barrierOf(t, 2);
  t.work();
}

export function aborter(t, { parties = 2 } = {}) {
  barrierOf(t, parties).abort();
}

export function resetter(t, { parties = 2, times = 1 } = {}) {
  const barrier = barrierOf(t, parties);
  for (let time = 0; time < times; time++) barrier.reset();
}

/** Passes a cycle, and resets the barrier at once. */
export function passerThenResetter(t, args) {
  party(t, args);
  barrierOf(t, args.parties).reset();
}

/** Waits again until it passes, twice. */
export function persistentTwice(t, args) {
  persistent(t, args);
  persistent(t, args);
}

/** Passes a cycle, and arrives twice more. A reset may break these arrivals. */
export function passerThenNewcomer(t, args) {
  party(t, args);
  const barrier = barrierOf(t, args.parties);
  for (let time = 0; time < 2; time++) {
    try {
      passed(t, barrier.wait(), args.parties);
    } catch (error) {
      t.check(error instanceof BrokenBarrierError, `threw ${error}`);
    }
  }
}
