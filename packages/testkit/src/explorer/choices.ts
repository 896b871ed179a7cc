/** The choices in a state: everything that can happen next. */
import { deliveries, type Delivery, KILLED } from "./process.js";
import { OPS } from "./protocol.js";
import { ASLEEP, hasEnded, hasFinished, isRunning, wouldPreempt, type State, type ThreadState } from "./state.js";

/**
 * `die` kills a thread before its next operation. The simulated supervisor then acts in the order
 * of the real one:
 * - `death action` runs the next half of the dead thread's first action.
 * - After the last action, `announce` lets every thread see the death.
 * - Then `wake blocked wait` wakes the word of a registered wait, and `deliver death` runs in the
 *   event loop of a thread.
 */
export type Choice =
  | {
      readonly kind:
        | "run"
        | "time out"
        | "promise"
        | "promise times out"
        | "die"
        | "announce"
        | "wake blocked wait"
        | "death action"
        | "deliver death";
      readonly thread: number;
    }
  | { readonly kind: "timer" | "abort"; readonly thread: number; readonly number: number }
  | Delivery
  | { readonly kind: "tick"; readonly thread: -1 };

/** These choices may never happen: a schedule may end without them. */
const UNCERTAIN = new Set<Choice["kind"]>(["abort", "tick", "die"]);

export function isCertain({ kind }: Choice): boolean {
  return !UNCERTAIN.has(kind);
}

/** The limits of a model. */
export interface Limits {
  readonly ticks: number;
  readonly preemptions: number;
  readonly deaths: number;
  /** May the supervisor of a process die? */
  readonly isSupervisorMortal: boolean;
  /** Does time pass only while every thread waits or rests? */
  readonly urgent: boolean;
}

/** All choices, the most ordinary first. */
export function choicesIn(state: State, limits: Limits): Choice[] {
  const choices: Choice[] = [];
  const { last, threads } = state;
  const canGoOn = last >= 0 && isRunning(threads[last]!);
  if (canGoOn) choices.push({ kind: "run", thread: last });
  const isBusy = limits.urgent && hasWork(state);
  const time = !limits.urgent ? Infinity : isBusy ? state.clock : nextDueTime(state);
  if (state.preemptions < limits.preemptions || !wouldPreempt(threads[last])) {
    threads.forEach((thread, index) => {
      if (index !== last || !canGoOn) threadChoices(thread, index, time, choices);
      choices.push(...deliveriesOf(state, index));
    });
  }
  expirations(state, time, choices);
  if (state.ticks < limits.ticks && !isBusy && !threads.every(hasEnded)) choices.push({ kind: "tick", thread: -1 });
  if (state.process !== undefined) workerDeaths(state, limits, choices);
  else if (limits.deaths > 0) deaths(state, limits.deaths, choices);
  return choices;
}

/** The deliveries of the process to an agent. */
function deliveriesOf({ process, threads }: State, index: number): Delivery[] {
  if (process === undefined) return [];
  const { node, ready, timers } = threads[index]!;
  return deliveries(process, index, node.op.kind === OPS.idle, ready.length + timers.length > 0);
}

/** Can anything happen before time passes? */
function hasWork(state: State): boolean {
  const { threads, clock } = state;
  return threads.some((thread, index) => {
    if (wouldPreempt(thread) || deliveriesOf(state, index).length > 0) return true;
    const { node, ready, timers, dead } = thread;
    return !dead && node.op.kind === OPS.idle && (ready.length > 0 || timers.some(({ due }) => due <= clock));
  });
}

/** The time of the next timeout or timer. */
function nextDueTime({ threads, queue }: State): number {
  const timers = threads.flatMap((thread) => thread.timers);
  return Math.min(...[...queue, ...timers].map(({ due }) => due));
}

/** The choices that resume a thread, up to `time`. */
function threadChoices(state: ThreadState, thread: number, time: number, choices: Choice[]): void {
  if (isRunning(state)) choices.push({ kind: "run", thread });
  const { node, ready, timers, signals, dead } = state;
  if (node.op.kind !== OPS.idle || dead) return;
  if (ready.length > 0) choices.push({ kind: "promise", thread });
  const [first, ...others] = timers;
  if (first !== undefined) {
    const { number, due } = others.reduce((soonest, timer) => (timer.due < soonest.due ? timer : soonest), first);
    if (due <= time) choices.push({ kind: "timer", thread, number });
  }
  if (node.op.x === 0) for (const number of signals) choices.push({ kind: "abort", thread, number });
}

/** The choices that need time to pass, up to `time`. */
function expirations(state: State, time: number, choices: Choice[]): void {
  for (const { thread, promise, due } of state.queue) {
    if (due === Infinity || due > time) continue;
    const kind = promise === ASLEEP ? "time out" : "promise times out";
    if (!choices.some((choice) => choice.kind === kind && choice.thread === thread)) choices.push({ kind, thread });
  }
}

/**
 * Main does not die: without it there is no process. The supervisor, started first, dies only if
 * the model allows it.
 */
const SUPERVISOR = 1;
const WORKERS = 2;

/** The deaths of a process's workers. */
function workerDeaths(
  { threads, process, changed }: State,
  { deaths: most, ...limits }: Limits,
  choices: Choice[],
): void {
  const killed = process!.agents.filter(({ exitCode, isTerminating }) => exitCode === KILLED && !isTerminating).length;
  if (killed >= most) return;
  const first = limits.isSupervisorMortal ? SUPERVISOR : WORKERS;
  threads.forEach(({ dead, node }, thread) => {
    const isMortal = thread >= first && !dead && !PASSIVE.has(node.op.kind) && changed.includes(thread);
    if (isMortal) choices.push({ kind: "die", thread });
  });
}

const PASSIVE = new Set<number>([OPS.fail, OPS.boot]);

/** Deaths, and the steps of the supervisor. Neither is a preemption. */
function deaths({ threads, announcedDeaths, queue, changed }: State, most: number, choices: Choice[]): void {
  const mayDie = threads.filter(({ dead }) => dead).length < most;
  threads.forEach((state, thread) => {
    const { dead, node, seenDeaths, blockedWait, deathActions } = state;
    if (dead) {
      if (deathActions.length > 0) choices.push({ kind: "death action", thread });
      else if (!announcedDeaths.includes(thread)) choices.push({ kind: "announce", thread });
      return;
    }
    const mayMissDeath = blockedWait !== undefined && blockedWait.knownDeaths < announcedDeaths.length;
    // The supervisor wakes the wait again and again, because the thread may sleep again.
    if (mayMissDeath && queue.some((waiter) => waiter.thread === thread && waiter.word === blockedWait.word))
      choices.push({ kind: "wake blocked wait", thread });
    if (hasFinished(state)) return;
    if (node.op.kind === OPS.idle && seenDeaths < announcedDeaths.length)
      choices.push({ kind: "deliver death", thread });
    if (mayDie && changed.includes(thread) && node.op.kind !== OPS.fail) choices.push({ kind: "die", thread });
  });
}
