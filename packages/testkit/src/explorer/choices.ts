/** What can happen next in a state. */
import { deliveries, type Delivery, KILLED } from "./process.js";
import { OPS } from "./protocol.js";
import { ASLEEP, ended, insists, isRunning, settled, type State, type ThreadState } from "./state.js";

/**
 * `die` kills a thread where it stands. What follows is done by the simulated supervisor, in the order of the real one: `execute`
 * does the next half of the first will of the dead; after the last one `bury` lets all know; then `rouse` wakes the word on which a
 * thread keeps a vigil, and `tell` brings the news to the event loop of a thread.
 */
export type Choice =
  | {
      readonly kind:
        "run" | "time out" | "promise" | "promise times out" | "die" | "bury" | "rouse" | "execute" | "tell";
      readonly thread: number;
    }
  | { readonly kind: "timer" | "abort"; readonly thread: number; readonly number: number }
  | Delivery
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
  /** May the supervisor of a process die? */
  readonly isSupervisorMortal: boolean;
  /** Does time pass only while nobody can run, or those who can take a rest? */
  readonly prompt: boolean;
}

/** Everything that can happen next, the most ordinary first. */
export function choicesIn(state: State, limits: Limits): Choice[] {
  const choices: Choice[] = [];
  const { last, threads } = state;
  const canGoOn = last >= 0 && isRunning(threads[last]!);
  if (canGoOn) choices.push({ kind: "run", thread: last });
  const isBusy = limits.prompt && hasWork(state);
  const time = !limits.prompt ? Infinity : isBusy ? state.clock : nextDueTime(state);
  if (state.preemptions < limits.preemptions || !insists(threads[last])) {
    threads.forEach((thread, index) => {
      if (index !== last || !canGoOn) moves(thread, index, time, choices);
      choices.push(...deliveriesOf(state, index));
    });
  }
  lapses(state, time, choices);
  if (state.ticks < limits.ticks && !isBusy && !threads.every(ended)) choices.push({ kind: "tick", thread: -1 });
  if (state.process !== undefined) killings(state, limits, choices);
  else if (limits.deaths > 0) deaths(state, limits.deaths, choices);
  return choices;
}

/** What the process has for an agent. */
function deliveriesOf({ process, threads }: State, index: number): Delivery[] {
  if (process === undefined) return [];
  const { node, ready, timers } = threads[index]!;
  return deliveries(process, index, node.op.kind === OPS.idle, ready.length + timers.length > 0);
}

/** Is there anything that can be done before time passes? */
function hasWork(state: State): boolean {
  const { threads, clock } = state;
  return threads.some((thread, index) => {
    if (insists(thread) || deliveriesOf(state, index).length > 0) return true;
    const { node, ready, timers, dead } = thread;
    return !dead && node.op.kind === OPS.idle && (ready.length > 0 || timers.some(({ due }) => due <= clock));
  });
}

/** When the next thing is due. */
function nextDueTime({ threads, queue }: State): number {
  const timers = threads.flatMap((thread) => thread.timers);
  return Math.min(...[...queue, ...timers].map(({ due }) => due));
}

/** What brings a thread forward, until `time`. */
function moves(state: ThreadState, thread: number, time: number, choices: Choice[]): void {
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

/** What only time brings, until `time`. */
function lapses(state: State, time: number, choices: Choice[]): void {
  for (const { thread, promise, due } of state.queue) {
    if (due === Infinity || due > time) continue;
    const kind = promise === ASLEEP ? "time out" : "promise times out";
    if (!choices.some((choice) => choice.kind === kind && choice.thread === thread)) choices.push({ kind, thread });
  }
}

/** Main does not die: without it there is no process. The supervisor, which is started first, does only where the model says so. */
const SUPERVISOR = 1;
const WORKERS = 2;

/** Of the workers of a process. */
function killings({ threads, process, stirred }: State, { deaths: most, ...limits }: Limits, choices: Choice[]): void {
  const killed = process!.agents.filter(({ exitCode, isCondemned }) => exitCode === KILLED && !isCondemned).length;
  if (killed >= most) return;
  const first = limits.isSupervisorMortal ? SUPERVISOR : WORKERS;
  threads.forEach(({ dead, node }, thread) => {
    const isMortal = thread >= first && !dead && !PASSIVE.has(node.op.kind) && stirred.includes(thread);
    if (isMortal) choices.push({ kind: "die", thread });
  });
}

const PASSIVE = new Set<number>([OPS.fail, OPS.boot]);

/** Deaths, and what the supervisor does about them: neither is a preemption. */
function deaths({ threads, obituaries, queue, stirred }: State, most: number, choices: Choice[]): void {
  const mayDie = threads.filter(({ dead }) => dead).length < most;
  threads.forEach((state, thread) => {
    const { dead, node, told, vigil, wills } = state;
    if (dead) {
      if (wills.length > 0) choices.push({ kind: "execute", thread });
      else if (!obituaries.includes(thread)) choices.push({ kind: "bury", thread });
      return;
    }
    const isOnVigil = vigil !== undefined && vigil.heard < obituaries.length;
    // It does so again and again, until this helps.
    if (isOnVigil && queue.some((waiter) => waiter.thread === thread && waiter.word === vigil.word))
      choices.push({ kind: "rouse", thread });
    if (settled(state)) return;
    if (node.op.kind === OPS.idle && told < obituaries.length) choices.push({ kind: "tell", thread });
    if (mayDie && stirred.includes(thread) && node.op.kind !== OPS.fail) choices.push({ kind: "die", thread });
  });
}
