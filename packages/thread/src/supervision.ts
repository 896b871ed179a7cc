/** How a thread talks to the supervisor, which it starts if there is none yet. */
import {
  allocate,
  awaitedHere,
  block,
  clock,
  Deadline,
  type Envelope,
  getIdent,
  ifItThrows,
  isPrepared,
  pack,
  type Port,
  prepare,
  type Steps,
  supervisedBy,
  unpack,
  WAITED_ON_WORDS,
  type Words,
} from "@x/core";
import { leaveIfDismissed } from "./dismissal.js";
import { here } from "./here.js";
import { host, workerURL } from "./host.js";
import { type Inherited, inheritance } from "./inherited.js";
import type {
  InheritedMessage,
  ObituaryMessage,
  ReportMessage,
  Request,
  SharedMessage,
  SupervisorRole,
} from "./messages.js";
import { hear } from "./obituaries.js";
import type { OutcomeMessage } from "./outcome.js";
import type { Asker, Awaiting } from "./report.js";
import { hearVerdict, supervisionBy, type VerdictMessage } from "./vigil.js";
import { type Entry, awaiterHere } from "./world.js";

let supervisor: Port | undefined;

/** Who waits for which outcome, by ident. */
const awaited = new Map<number, (outcome: Envelope) => void>();

/** Calls back, once, with how the thread of this ident ended. To be said before it is launched: it may end at once. */
export function awaitOutcome(ident: number, callback: (outcome: Envelope) => void): void {
  awaited.set(ident, callback);
}

/** It was not started after all. */
export function forgetOutcome(ident: number): void {
  awaited.delete(ident);
}

/** Tells all threads that are running what to hand on from now on: what this one does. */
export function tellAll(): void {
  if (supervisor !== undefined) ask({ ask: "tell all", inherited: pack(inheritance(), "the function") });
}

let onInherited: (inherited: Inherited) => void = () => undefined;

/** Calls back when another thread has told all. */
export function whenTold(callback: (inherited: Inherited) => void): void {
  onInherited = callback;
}

/** What this thread is being told, as long as modules are loaded for it. */
let telling: Promise<void> | undefined;

/** Resolves once it knows all that it has been told; undefined if it does already. */
export function allTold(): Promise<void> | undefined {
  return telling;
}

function tell(packed: Envelope): void {
  const told = (): void => onInherited(unpack<Inherited>(packed));
  if (telling === undefined && isPrepared(packed)) return told();
  const mine = (telling ?? Promise.resolve())
    .then(() => prepare(packed))
    .then(told)
    .finally(() => {
      if (telling === mine) telling = undefined;
    });
  telling = mine;
}

function receiveOutcome([ident, value, parts = []]: OutcomeMessage): void {
  const callback = awaited.get(ident);
  awaited.delete(ident);
  callback?.({ value, parts });
}

/** A message from the supervisor, or from a worker. */
export function receive(message: unknown): void {
  if (Array.isArray(message)) return receiveOutcome(message as unknown as OutcomeMessage);
  if ("inherited" in (message as object)) {
    return tell((message as InheritedMessage).inherited);
  }
  if ("obituary" in (message as object)) return hear((message as ObituaryMessage).obituary);
  if ("verdict" in (message as object)) return hearVerdict(message as VerdictMessage);
  if ("dismissed" in (message as object)) return leaveIfDismissed();
  if ("whatIsAwaited" in (message as object)) return ask({ ask: "told what is awaited", awaiting: awaitingHere() });
  if ("report" in (message as object)) {
    reported = (message as ReportMessage).report;
    return;
  }
  if ("key" in (message as object)) {
    const { key, value } = message as SharedMessage;
    agreed.set(key, value);
  }
}

/** Shared values, until they are taken. */
const agreed = new Map<string, Envelope>();

/**
 * Agrees with all other threads on one value. Returns the one that was offered first, or undefined if that is ours and there
 * is nobody yet to tell.
 */
export function share(key: string, offer: Envelope): Envelope | undefined {
  if (supervisor === undefined && !here.isOurs) {
    const known = agreed.get(key);
    if (known === undefined) agreed.set(key, offer);
    return known && structuredClone(known); // unpacking changes what it is given
  }
  const reply = newReply();
  ask({ ask: "share", key, offer, reply });
  block(answered(reply), "thread", "shared() in the main thread first");
  receiveFromSupervisor();
  const value = agreed.get(key);
  agreed.delete(key);
  return value;
}

let reported = "";

/** The supervisor's report of all threads; undefined if there is no supervisor, as no thread was started yet. */
export function askForReport(asker: Asker): string | undefined {
  if (supervisor === undefined) return undefined;
  const reply = newReply();
  ask({ ask: "report", asker, reply });
  block(answered(reply), "thread", "dumpThreads() in a thread that may block");
  receiveFromSupervisor();
  return reported;
}

/** What the tasks of this thread await. */
export function awaitingHere(): Awaiting {
  const tasks = awaitedHere().map(({ on, since }) => ({ on, since: clock.timeOrigin + since }));
  return { ident: getIdent(), tasks };
}

/** A worker that the supervisor has made knows it from the start, and so does the supervisor itself. */
export function connect(port: Port): void {
  supervisor = port;
  host().listen(port, false, receive);
  supervisedBy(supervisionBy((vigil) => ask({ ask: "vigil", vigil }), receiveFromSupervisor));
}

export function ask(request: Request, transfer: readonly Port[] = []): void {
  host().post(supervisor ?? startSupervisor(), request, transfer);
}

/** This thread, whose worker or process is about to end, will release nothing any more. `instead` stands in for what cannot travel. */
export function tellDeathOfRoot(ident: number, name: string, error: unknown, instead: (error: unknown) => Error): void {
  const cause = ifItThrows(undefined, () => pack(error)) ?? pack(instead(error));
  ask({ ask: "bury root", obituary: { ident, name, cause } });
}

function startSupervisor(): Port {
  const [mine, theirs] = host().openChannel();
  const awaiter = awaiterHere();
  const data: SupervisorRole = { role: "supervisor", port: theirs, execArgv: host().execArgv(), awaiter, agreed };
  host().startWorker({
    url: workerURL(),
    data,
    transfer: [theirs],
    execArgv: host().supervisorArgv(),
    stackSize: 0,
    keepsAlive: false,
    onError: (error) => {
      throw error; // without it no thread can be started or seen to end: let the process fail loudly
    },
    onExit: () => undefined,
  });
  connect(mine);
  return mine;
}

/** Asks the supervisor for an outcome that went to another thread; it has arrived, if it is known, when this ends. */
export function* fetchOutcome({ ident }: Entry): Steps<void> {
  const reply = newReply();
  ask({ ask: "outcome", ident, reply });
  yield* answered(reply);
}

/** A word that the supervisor sets once its answer is on the way. */
function newReply(): Words {
  return allocate(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

function* answered({ words, at }: Words): Steps<void> {
  while (Atomics.load(words, at) === 0) yield { words, index: at, value: 0, deadline: Deadline.NEVER };
}

/** Takes what has arrived from the supervisor, without giving way to the event loop. */
export function receiveFromSupervisor(): void {
  if (supervisor !== undefined) receiveFrom(supervisor);
}

export function receiveFrom(port: Port): void {
  for (let item; (item = host().take(port)) !== undefined;) receive(item.message);
}
