import { Condition, type ConditionHandle } from "@x/condition";
import { Lock } from "@x/lock";
import { awaitCount, pause, type RoundBody, threadGroup } from "../thread-group.js";
import type { Row } from "../row.js";

interface Shared {
  readonly condition: ConditionHandle;
  readonly words: Int32Array;
}

/** Counts of true returns and of waiters that left; then the flag that ends the row. */
const WOKEN = 0;
const LEFT = 16;
const OVER = 32;
const WORDS = 48;

const NOTIFIES_PER_MS = 40;
/** 3 s: a notified waiter that has not returned by then never will. */
const GRACE_MS = 3000;

const ABORTED = new Error("aborted");

/**
 * Threads that wait without end, threads with short timeouts, and a thread with the tasks: few,
 * because their notifies take longer.
 */
const PATIENT_THREADS = 10;
const HURRIED_THREADS = 2;
const PARTICIPANTS = PATIENT_THREADS + HURRIED_THREADS + 1;
const PATIENT_TASKS = 1;
const ABORTED_TASKS = 1;
const WAITERS = PARTICIPANTS - 1 + PATIENT_TASKS + ABORTED_TASKS;

/**
 * Each notify must find a waiter, and so must a notify that an aborted task passes on. So the queue
 * must hold an endless waiter: it is longer than all waiters with timeouts and all passed notifies
 * together.
 */
const ENOUGH = HURRIED_THREADS + ABORTED_TASKS + ABORTED_TASKS + 1;

const waitersOf = (condition: Condition<Lock>): number => Number(/, (\d+)\) at/.exec(condition.toString())?.[1]);

function leave(words: Int32Array): void {
  Atomics.add(words, LEFT, 1);
  Atomics.notify(words, LEFT);
}

function waitInThread(condition: Condition<Lock>, words: Int32Array, timeout: () => number): void {
  condition.acquire();
  while (words[OVER] === 0) if (condition.wait(timeout())) Atomics.add(words, WOKEN, 1);
  condition.release();
  leave(words);
}

async function waitInTask(condition: Condition<Lock>, words: Int32Array, signal: () => AbortSignal): Promise<void> {
  await condition.acquireAsync();
  while (words[OVER] === 0) {
    try {
      if (await condition.waitAsync({ signal: signal() })) Atomics.add(words, WOKEN, 1);
    } catch (error) {
      if (error !== ABORTED) throw error;
    }
  }
  condition.release();
  leave(words);
}

function soonAborted(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort(ABORTED));
  return controller.signal;
}

async function waitInTasks(condition: Condition<Lock>, words: Int32Array): Promise<void> {
  const never = new AbortController().signal;
  const patient = Array.from({ length: PATIENT_TASKS }, () => waitInTask(condition, words, () => never));
  const aborted = Array.from({ length: ABORTED_TASKS }, () => waitInTask(condition, words, soonAborted));
  await Promise.all([...patient, ...aborted]);
}

export const row: Row = {
  title: "Condition: lost or extra wake-ups, with timeouts and aborts",
  unit: "wake-ups",
  better: "less",
  limit:
    "Nothing: it has to be 0. For each notify exactly one wait returns true; a notify that meets an aborted task goes to the next.",
  also: { lost: "", extra: "", notifies: "" },
  ms: 25_000,
  rounds: 1,
  fresh: true,
  loadMatters: false,
  contestants: {
    ours: threadGroup<Shared>({
      participants: () => PARTICIPANTS,
      share: () => ({
        condition: new Condition(new Lock()).share(),
        words: new Int32Array(new SharedArrayBuffer(WORDS * 4)),
      }),
      enter({ condition: handle, words }): RoundBody {
        const condition = Condition.from<Lock>(handle);
        return async ({ index }) => {
          if (index < PATIENT_THREADS) waitInThread(condition, words, () => Infinity);
          else if (index < PARTICIPANTS - 1) waitInThread(condition, words, () => Math.random() / 5);
          else await waitInTasks(condition, words);
          return 0;
        };
      },
      driver({ condition: handle, words }) {
        const condition = Condition.from<Lock>(handle);
        return {
          drive(ms) {
            let notifies = 0;
            while (notifies < ms * NOTIFIES_PER_MS) {
              condition.with(() => {
                const n = Math.max(0, waitersOf(condition) - ENOUGH);
                condition.notify(n);
                notifies += n;
              });
            }
            const woken = (): number => Atomics.load(words, WOKEN);
            for (const end = performance.now() + GRACE_MS; woken() < notifies && performance.now() < end;) pause(1);
            const [lost, extra] = [Math.max(0, notifies - woken()), Math.max(0, woken() - notifies)];
            condition.with(() => {
              words[OVER] = 1;
              condition.notifyAll();
            });
            awaitCount(words, LEFT, WAITERS);
            return { value: lost + extra, lost, extra, notifies };
          },
          release: () => undefined,
        };
      },
    }),
  },
};
