/** What can happen next in a state. */
import { OPS } from "./protocol.js";
import { ASLEEP, ended, insists, isRunning, settled, type State, type ThreadState } from "./state.js";

/**
 * `die` kills a thread where it stands. What follows is done by the simulated supervisor: `bury` lets all know, `rouse` wakes the
 * word on which a thread keeps a vigil, `execute` does the next half of the first will of the dead, and `tell` brings the news to
 * the event loop of a thread.
 */
export type Choice =
  | {
      readonly kind:
        "run" | "time out" | "promise" | "promise times out" | "die" | "bury" | "rouse" | "execute" | "tell";
      readonly thread: number;
    }
  | { readonly kind: "timer" | "abort"; readonly thread: number; readonly number: number }
  | { readonly kind: "tick"; readonly thread: -1 };

/** What may never happen: nobody can count on it. */
const UNCERTAIN = new Set<Choice["kind"]>(["abort", "tick", "die"]);

export function isCertain({ kind }: Choice): boolean {
  return !UNCERTAIN.has(kind);
}

/** What limits the choices of a model. */
export interface Limits {
  readonly ticks: number;
  readonly preemptions: number;
  readonly deaths: number;
}

/** Everything that can happen next, the most ordinary first. */
export function choicesIn(state: State, limits: Limits): Choice[] {
  const choices: Choice[] = [];
  const { last, threads } = state;
  const canGoOn = last >= 0 && isRunning(threads[last]!);
  if (canGoOn) choices.push({ kind: "run", thread: last });
  if (state.preemptions < limits.preemptions || !insists(state)) {
    threads.forEach((thread, index) => {
      if (index !== last || !canGoOn) moves(thread, index, choices);
    });
  }
  lapses(state, choices);
  if (state.ticks < limits.ticks && !threads.every(ended)) choices.push({ kind: "tick", thread: -1 });
  if (limits.deaths > 0) deaths(state, limits.deaths, choices);
  return choices;
}

/** What brings a thread forward. */
function moves(state: ThreadState, thread: number, choices: Choice[]): void {
  if (isRunning(state)) choices.push({ kind: "run", thread });
  const { moment, ready, timers, signals, dead } = state;
  if (moment.op.kind !== OPS.idle || dead) return;
  if (ready.length > 0) choices.push({ kind: "promise", thread });
  const [first, ...others] = timers;
  if (first !== undefined) {
    const { number } = others.reduce((soonest, timer) => (timer.due < soonest.due ? timer : soonest), first);
    choices.push({ kind: "timer", thread, number });
  }
  if (moment.op.x === 0) for (const number of signals) choices.push({ kind: "abort", thread, number });
}

/** What only time brings. */
function lapses(state: State, choices: Choice[]): void {
  for (const { thread, promise, due } of state.queue) {
    if (due === Infinity) continue;
    const kind = promise === ASLEEP ? "time out" : "promise times out";
    if (!choices.some((choice) => choice.kind === kind && choice.thread === thread)) choices.push({ kind, thread });
  }
}

/** Deaths, and what the supervisor does about them: neither is a preemption. */
function deaths({ threads, obituaries, queue }: State, most: number, choices: Choice[]): void {
  const mayDie = threads.filter(({ dead }) => dead).length < most;
  threads.forEach((state, thread) => {
    const { dead, moment, told, vigil, wills } = state;
    if (dead) {
      if (!obituaries.includes(thread)) choices.push({ kind: "bury", thread });
      if (wills.length > 0) choices.push({ kind: "execute", thread });
      return;
    }
    const isOnVigil = vigil !== undefined && vigil.heard < obituaries.length;
    // It does so again and again, until this helps.
    if (isOnVigil && queue.some((waiter) => waiter.thread === thread && waiter.word === vigil.word))
      choices.push({ kind: "rouse", thread });
    if (settled(state)) return;
    if (moment.op.kind === OPS.idle && told < obituaries.length) choices.push({ kind: "tell", thread });
    if (mayDie && moment.op.kind !== OPS.fail) choices.push({ kind: "die", thread });
  });
}
