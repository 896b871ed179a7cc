/**
 * The workers that this thread has asked for, and how it talks to them.
 *
 * A link is a worker and the port to it. It is made through the supervisor, once; after that the thread starts one thread
 * after another on it directly, without a relay. A worker has one link for life.
 *
 * Words that both ends of a link and the supervisor share
 *   STATUS   BUSY       a thread runs, or is about to
 *            SETTLING   the thread has ended; is the worker clean?
 *            IDLE       it is, and waits for the next one
 *            GONE       the worker has ended
 *            (followed by its turnstile)
 *   SLOT, IDENT   the thread that runs there, or ran last; written by the starter before it posts. 0 once the worker is gone
 *                 and somebody has seen to its thread
 */
import {
  allocate,
  block,
  Deadline,
  type Envelope,
  mayBlock,
  pack,
  type Port,
  prepare,
  type Steps,
  unpack,
  WAITED_ON_WORDS,
  wake,
  type Words,
} from "@x/core";
import { here } from "./here.js";
import type { Inherited } from "./inherited.js";
import { host, workerURL } from "./host.js";
import type { OutcomeMessage } from "./outcome.js";
import type { Start } from "./start.js";
import { countIdle, type Entry, isAlive } from "./world.js";

export const BUSY = 0;
export const SETTLING = 1;
export const IDLE = 2;
export const GONE = 3;

const STATUS = 0;
const SLOT = WAITED_ON_WORDS;
const IDENT = SLOT + 1;
const CONTROL_BYTES = (IDENT + 1) * Int32Array.BYTES_PER_ELEMENT;

/** A start waits so long for a worker that is about to be free, rather than making another. */
const SETTLE_MS = 5;

/** What a worker that is to run threads gets. */
export interface ThreadRole {
  readonly role: "threads";
  /** Its number, which no other worker has had. */
  readonly worker: number;
  readonly control: Words;
  /** To the thread that starts threads here. */
  readonly starter: Port;
  readonly supervisor: Port;
}

/** What the supervisor gets. */
export interface SupervisorRole {
  readonly role: "supervisor";
  readonly port: Port;
  readonly execArgv: readonly string[];
  /** Shared values that were agreed on before there was a supervisor. */
  readonly agreed: ReadonlyMap<string, Envelope>;
}

/** What a thread asks of the supervisor. */
export type Request =
  | { readonly ask: "worker"; readonly control: Words; readonly starter: Port; readonly stackSize: number }
  | { readonly ask: "outcome"; readonly ident: number; readonly reply: Words }
  | { readonly ask: "keep"; readonly ident: number; readonly outcome: Envelope }
  | { readonly ask: "terminate"; readonly entry: Entry }
  | { readonly ask: "later"; readonly start: Start; readonly delay: number; readonly stackSize: number }
  | { readonly ask: "replace"; readonly start: Start }
  | { readonly ask: "call off"; readonly entry: Entry }
  | { readonly ask: "tell all"; readonly inherited: Envelope }
  | { readonly ask: "share"; readonly key: string; readonly offer: Envelope; readonly reply: Words };

/** What running threads are told. */
export interface InheritedMessage {
  readonly inherited: Envelope;
}

/** The answer to "share". */
export interface SharedMessage {
  readonly key: string;
  readonly value: Envelope;
}

interface Link {
  readonly control: Words;
  readonly port: Port;
  readonly stackSize: number;
}

const links: Link[] = [];

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

/** Tells all threads that are running what to hand on from now on. */
export function tellAll(inherited: Inherited): void {
  if (supervisor !== undefined) ask({ ask: "tell all", inherited: pack(inherited, "the function") });
}

let onInherited: (inherited: Inherited) => void = () => undefined;

/** Calls back when another thread has told all. */
export function whenTold(callback: (inherited: Inherited) => void): void {
  onInherited = callback;
}

function receive(message: unknown): void {
  if ("inherited" in (message as object)) {
    const { inherited } = message as InheritedMessage;
    void prepare(inherited).then(() => onInherited(unpack<Inherited>(inherited)));
    return;
  }
  if ("key" in (message as object)) {
    const { key, value } = message as SharedMessage;
    agreed.set(key, value);
    return;
  }
  const { ident, outcome } = message as OutcomeMessage;
  const callback = awaited.get(ident);
  awaited.delete(ident);
  callback?.(outcome);
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
  receiveAll();
  const value = agreed.get(key);
  agreed.delete(key);
  return value;
}

/** A worker that the supervisor has made knows it from the start, and so does the supervisor itself. */
export function connect(port: Port): void {
  supervisor = port;
  host().listen(port, false, receive);
}

export function ask(request: Request, transfer: readonly Port[] = []): void {
  host().post(supervisor ?? startSupervisor(), request, transfer);
}

function startSupervisor(): Port {
  const [mine, theirs] = host().openChannel();
  const data: SupervisorRole = { role: "supervisor", port: theirs, execArgv: host().execArgv(), agreed };
  host().startWorker({
    url: workerURL(),
    data,
    transfer: [theirs],
    execArgv: [],
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

/** Has a thread run, in a worker that is free or else in a new one. Throws what `post` throws; then nothing has changed. */
export function launch(start: Start, stackSize: number): void {
  const { entry } = start;
  for (let link; (link = idleLink(stackSize)) !== undefined;) {
    assign(link.control, entry);
    try {
      host().post(link.port, start);
    } catch (error) {
      // Back to IDLE, unless it has died meanwhile: then nobody else has counted it off.
      if (!replaceStatus(link.control, BUSY, IDLE)) countIdle(-1);
      throw error;
    }
    countIdle(-1);
    // It may have died just before: then the supervisor, who looked before `assign`, knows nothing of this thread.
    // Or it has run the thread since, and left: then there is nothing more to do.
    if (statusOf(link.control) !== GONE || !unassign(link.control, entry) || !isAlive(entry)) return;
  }
  const control = allocate(CONTROL_BYTES);
  assign(control, entry);
  const [mine, theirs] = host().openChannel();
  try {
    host().post(mine, start);
  } catch (error) {
    host().close(mine);
    throw error;
  }
  ask({ ask: "worker", control, starter: theirs, stackSize }, [theirs]);
  host().listen(mine, false, receive);
  links.push({ control, port: mine, stackSize });
}

/** Takes all that has arrived, without giving way to the event loop. */
export function receiveAll(): void {
  for (const { port } of links) receiveFrom(port);
  if (supervisor !== undefined) receiveFrom(supervisor);
}

function receiveFrom(port: Port): void {
  for (let item; (item = host().take(port)) !== undefined;) receive(item.message);
}

/** A worker that is free, now taken, or one that is about to be; forgets those that are gone. */
function idleLink(stackSize: number): Link | undefined {
  for (let i = links.length - 1; i >= 0; i--) {
    const link = links[i] as Link;
    if (statusOf(link.control) === GONE) {
      receiveFrom(link.port);
      links.splice(i, 1);
    } else if (link.stackSize === stackSize && replaceStatus(link.control, IDLE, BUSY)) return link;
  }
  if (here.isSupervisor || !mayBlock()) return undefined;
  const soon = links.find((link) => link.stackSize === stackSize && statusOf(link.control) === SETTLING);
  if (soon === undefined) return undefined;
  block(settling(soon.control, Deadline.after(SETTLE_MS)), "thread", "");
  return replaceStatus(soon.control, IDLE, BUSY) ? soon : undefined;
}

/** An idle worker ends; false if it has been taken for a thread. */
export function retire(control: Words): boolean {
  return replaceStatus(control, IDLE, GONE);
}

function replaceStatus({ words, at }: Words, was: number, status: number): boolean {
  return Atomics.compareExchange(words, at + STATUS, was, status) === was;
}

function* settling(control: Words, deadline: Deadline): Steps<void> {
  while (statusOf(control) === SETTLING && !deadline.expired()) {
    yield { words: control.words, index: control.at + STATUS, value: SETTLING, deadline };
  }
}

export function statusOf({ words, at }: Words): number {
  return Atomics.load(words, at + STATUS);
}

/** Returns what it was. */
export function setStatus({ words, at }: Words, status: number): number {
  const was = Atomics.exchange(words, at + STATUS, status);
  wake(words, at + STATUS);
  return was;
}

/** The thread that runs in that worker, or ran last. */
export function assigned({ words, at }: Words): Entry {
  return { slot: Atomics.load(words, at + SLOT), ident: Atomics.load(words, at + IDENT) };
}

/**
 * Takes the thread off a worker that is gone. Starter and supervisor may both find it there; it is up to the one that gets
 * true here to see to it.
 */
export function unassign({ words, at }: Words, { ident }: Entry): boolean {
  return ident !== 0 && Atomics.compareExchange(words, at + IDENT, ident, 0) === ident;
}

function assign({ words, at }: Words, { slot, ident }: Entry): void {
  Atomics.store(words, at + SLOT, slot);
  Atomics.store(words, at + IDENT, ident);
}
