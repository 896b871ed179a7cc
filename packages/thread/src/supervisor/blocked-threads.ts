/** Who has slept for long, and on what: kept by the supervisor, who wakes them when somebody has died, and sees who waits for whom. */
import { deathCount, hasDied, platform, wake } from "@x/core";
import { host } from "../platform/host.js";
import { KEPT, type LongWait, VERDICT } from "../protocol/blocked-wait-record.js";
import type { VerdictMessage } from "../protocol/messages.js";
import { circle, circleText } from "../diagnostics/wait-for-graph.js";
import { isDetecting } from "../table/counters.js";
import type { Port } from "../platform/thread-platform.js";

/**
 * A wake may come before the sleep:
 *     // T1 looks; T2 dies, and T1 is woken; T1 sleeps, and nobody wakes him.
 * So whoever has not been seen to wake is woken again after so many milliseconds.
 */
const AGAIN_MS = 20;

/** Of each thread the last one, by the port through which it asks. */
const vigils = new Map<Port, LongWait>();

let isRousing = false;

export function keepVigil(client: Port, vigil: LongWait): void {
  if (hasDied(vigil.ident)) return; // it arrives after the news of that; nobody would ever be seen to wake
  vigils.set(client, vigil);
  if (isDetecting()) judge(client, vigil);
  rouse();
}

export function forgetVigil(client: Port): void {
  vigils.delete(client);
}

/** Wakes that thread if it keeps a vigil. */
export function wakeVigil(client: Port): void {
  const vigil = vigils.get(client);
  if (vigil !== undefined && isKept(vigil)) wake(vigil.words, vigil.index);
}

/** Those that are being kept. */
export function keptVigils(): LongWait[] {
  return [...vigils.values()].filter(isKept);
}

function isKept({ kept: { words, at }, number }: LongWait): boolean {
  return Atomics.load(words, at + KEPT) === number;
}

function isHopeless({ kept: { words, at }, number }: LongWait): boolean {
  return Atomics.load(words, at + VERDICT) === number;
}

/** Wakes those who have not looked since the last death, and those for whom there is no hope. */
export function rouse(): void {
  if (isRousing) return;
  let isAnyAsleep = false;
  for (const [client, vigil] of vigils) {
    if (!isKept(vigil)) vigils.delete(client);
    else if (vigil.hasHeardOf !== deathCount() || isHopeless(vigil)) {
      wake(vigil.words, vigil.index);
      isAnyAsleep = true;
    }
  }
  if (!isAnyAsleep) return;
  isRousing = true;
  platform.setTimer(() => {
    isRousing = false;
    rouse();
  }, AGAIN_MS);
}

/** If this wait closes a circle, one of those in it is told: this one, or else one that can be told. */
function judge(client: Port, vigil: LongWait): void {
  const waits = circle(vigil.ident, keptVigils());
  if (waits === undefined || waits.some(isHopeless)) return;
  const victim = vigil.mayFail ? vigil : waits.find(({ mayFail }) => mayFail);
  if (victim === undefined) return;
  const told = circle(victim.ident, keptVigils()) ?? waits;
  const port = victim === vigil ? client : portOf(victim);
  host().post(port, { verdict: `thread: deadlock: ${circleText(told)}` } satisfies VerdictMessage);
  const { words, at } = victim.kept;
  Atomics.store(words, at + VERDICT, victim.number);
}

function portOf(vigil: LongWait): Port {
  for (const [port, kept] of vigils) if (kept === vigil) return port;
  throw new Error("thread: no such vigil");
}
