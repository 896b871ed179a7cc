/**
 * Stress tests. Later wake-ups repair a lost one, so it shows only at an end: stress runs in many
 * short rounds, with a share of work for each thread and no wake-ups after it.
 */
import { expect, it } from "vitest";
import { bunch, type Member } from "./bunch.js";
import type { AsyncHoldableLike } from "./async-tests.js";
import type { EventLike } from "./event-tests.js";
import { type HoldableLike, viewOf } from "./primitive.js";

/**
 * The duration of a stress test: about a second, STRESS times as long if that variable is set, and
 * a moment in normal tests.
 */
const STRESS = process.env["STRESS"];
const DURATION = STRESS === undefined ? 150 : 1000 * Number(STRESS);

/** The longest wait in a round. */
const ROUND_LIMIT = 15_000;

type Counts = Record<string, number>;

/** Runs `round` again and again for the duration, adds up its counts, and prints them. */
export function stress(name: string, round: () => Promise<Counts>): void {
  it(
    `stress: ${name}`,
    async () => {
      const total: Counts = { rounds: 0 };
      let slowest = 0;
      for (const end = performance.now() + DURATION; performance.now() < end;) {
        const start = performance.now();
        for (const [key, n] of Object.entries({ ...(await round()), rounds: 1 })) total[key] = (total[key] ?? 0) + n;
        slowest = Math.max(slowest, Math.round(performance.now() - start));
      }
      const counted = Object.entries(total).map(([key, n]) => `${n} ${key}`);
      if (STRESS !== undefined) console.info(`${name}: ${counted.join(", ")}; the slowest round took ${slowest} ms`);
    },
    DURATION + 2 * ROUND_LIMIT,
  );
}

function added(all: readonly Counts[]): Counts {
  const sum: Counts = {};
  for (const counts of all) for (const [key, n] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + n;
  return sum;
}

/**
 * Blocking threads, some with timeouts. Never more than `permits` are inside, and nothing is left
 * behind.
 */
export function blockingStress(name: string, make: () => HoldableLike, permits: number): void {
  stress(`${name}, threads that block`, async () => {
    const held = make();
    const tally = new Int32Array(new SharedArrayBuffer(12));
    const others = bunch(4, blockingBody, [held, tally, permits, 60]);
    const counts = added(await others.joinAsync(ROUND_LIMIT));
    expectLeft(held, tally, counts, permits);
    return counts;
  });
}

/** Blocking threads and awaiting tasks, with timeouts and aborts. */
export function mixedStress(name: string, make: () => AsyncHoldableLike, permits: number): void {
  stress(`${name}, threads and tasks, with timeouts and aborts`, async () => {
    const held = make();
    const tally = new Int32Array(new SharedArrayBuffer(12));
    const blocking = bunch(2, blockingBody, [held, tally, permits, 40]);
    const awaiting = bunch(2, awaitingBody, [held, tally, permits, 15]);
    const counts = added([...(await blocking.joinAsync(ROUND_LIMIT)), ...(await awaiting.joinAsync(ROUND_LIMIT))]);
    expectLeft(held, tally, counts, permits);
    const words = viewOf(held);
    expect([words[1]! & 1, words[3]! & 1]).toEqual([0, 0]); // no waiting promise is recorded
    return counts;
  });
}

function expectLeft(held: HoldableLike, tally: Int32Array, counts: Counts, permits: number): void {
  const [inside, most, taken] = tally;
  expect(inside).toBe(0);
  expect(most).toBeLessThanOrEqual(permits);
  expect(taken).toBe(counts["taken"]);
  for (let i = 0; i < permits; i++) expect(held.acquire(0)).toBe(true);
  for (let i = 0; i < permits; i++) held.release();
}

/**
 * `tally`: how many are inside, the largest number so far, how often it was taken (a plain count if
 * only one may be inside).
 */
const blockingBody = (held: HoldableLike, tally: Int32Array, permits: number, rounds: number, _me: Member): Counts => {
  const counts = { taken: 0, late: 0 };
  for (let i = 0; i < rounds; i++) {
    const timeout = i % 5 === 0 ? Math.random() / 2 : i % 7 === 0 ? 0 : Infinity;
    if (!held.acquire(timeout)) {
      counts.late++;
      continue;
    }
    const inside = Atomics.add(tally, 0, 1) + 1;
    if (inside > Atomics.load(tally, 1)) Atomics.store(tally, 1, inside);
    if (permits === 1) tally[2]!++;
    else Atomics.add(tally, 2, 1);
    if (i % 11 === 0) for (const end = performance.now() + Math.random(); performance.now() < end;);
    Atomics.sub(tally, 0, 1);
    held.release();
    counts.taken++;
  }
  return counts;
};

const awaitingBody = async (
  held: AsyncHoldableLike,
  tally: Int32Array,
  permits: number,
  rounds: number,
  _me: Member,
): Promise<Counts> => {
  const counts = { taken: 0, late: 0, aborted: 0 };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  const task = async (): Promise<void> => {
    for (let i = 0; i < rounds; i++) {
      const controller = new AbortController();
      if (i % 4 === 0) setTimeout(() => controller.abort("aborted"), Math.random() * 2);
      const timeout = i % 3 === 0 ? Math.random() * 2 : Infinity;
      try {
        if (!(await held.acquireAsync({ timeout, signal: controller.signal }))) {
          counts.late++;
          continue;
        }
      } catch (reason) {
        if (reason !== "aborted") throw reason;
        counts.aborted++;
        continue;
      }
      const inside = Atomics.add(tally, 0, 1) + 1;
      if (inside > Atomics.load(tally, 1)) Atomics.store(tally, 1, inside);
      if (permits === 1) tally[2]!++;
      else Atomics.add(tally, 2, 1);
      if (i % 5 === 0) await turn();
      Atomics.sub(tally, 0, 1);
      held.release();
      counts.taken++;
    }
  };
  await Promise.all([task(), task(), task()]);
  return counts;
};

/** `set()` comes after all have arrived, in each round: a missed waiter waits for ever. */
export function eventStress(
  name: string,
  make: () => EventLike & { waitAsync(options?: object): Promise<boolean> },
): void {
  const rounds = 40;
  stress(`${name}, threads and tasks, with timeouts and aborts`, async () => {
    const [go, next] = [make(), make()];
    const arrived = new Int32Array(new SharedArrayBuffer(8));
    const blocking = bunch(
      2,
      (go, next, arrived, rounds, me) => {
        let late = 0;
        for (let round = 0; round < rounds; round++) {
          const [gate, other] = round % 2 === 0 ? [go, next] : [next, go];
          Atomics.add(arrived, 0, 1);
          while (!gate.wait(me.index === 0 && round % 3 === 0 ? Math.random() : Infinity)) late++;
          if (other.isSet()) throw new Error("the rounds overlap");
        }
        return { passed: rounds, late };
      },
      [go, next, arrived, rounds],
    );
    const awaiting = bunch(
      2,
      async (go, next, arrived, rounds) => {
        const counts = { passed: 0, late: 0, aborted: 0 };
        const task = async (n: number): Promise<void> => {
          for (let round = 0; round < rounds; round++) {
            const gate = round % 2 === 0 ? go : next;
            Atomics.add(arrived, 0, 1);
            for (;;) {
              const controller = new AbortController();
              if (n === 0 && round % 4 === 0) setTimeout(() => controller.abort("aborted"), Math.random());
              const timeout = n === 1 && round % 3 === 0 ? Math.random() : Infinity;
              try {
                if (await gate.waitAsync({ timeout, signal: controller.signal })) break;
                counts.late++;
              } catch (reason) {
                if (reason !== "aborted") throw reason;
                counts.aborted++;
              }
            }
            counts.passed++;
          }
        };
        await Promise.all([task(0), task(1), task(2)]);
        return counts;
      },
      [go, next, arrived, rounds],
    );
    const setting = bunch(
      1,
      (go, next, arrived, rounds, all) => {
        for (let round = 0; round < rounds; round++) {
          const [gate, other] = round % 2 === 0 ? [go, next] : [next, go];
          for (const end = performance.now() + 10_000; Atomics.load(arrived, 0) < all * (round + 1);) {
            if (performance.now() > end) throw new Error(`round ${round}: only ${arrived[0]} arrived`);
          }
          other.clear();
          gate.set();
        }
        return { passed: 0 };
      },
      [go, next, arrived, rounds, 8],
    );
    const counts = added([
      ...(await setting.joinAsync(ROUND_LIMIT)),
      ...(await blocking.joinAsync(ROUND_LIMIT)),
      ...(await awaiting.joinAsync(ROUND_LIMIT)),
    ]);
    expect(counts["passed"]).toBe(8 * rounds);
    for (const event of [go, next]) expect(viewOf(event)[1]! & 1).toBe(0);
    return counts;
  });
}
