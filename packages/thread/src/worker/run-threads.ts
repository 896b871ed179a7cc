/**
 * What runs in the worker of a thread: takes a start from its starter, runs it, says how it ended, and waits for the next one
 * as long as the worker is clean.
 */
import {
  adopt,
  allocate,
  assumeIdent,
  Deadline,
  type Envelope,
  idle,
  isPrepared,
  setDeathActionSink,
  onThreadDeath,
  pack,
  prepare,
  ThreadError,
  unpack,
  platform,
  type DeathAction,
  type Words,
} from "@x/core";
import { carryOut, type Work } from "../runtime/maybe-async.js";
import { report } from "../api/except-hook.js";
import { assumeDismissal, isDismissed } from "../protocol/dismissal.js";
import { here } from "../table/this-worker.js";
import { definesTests, importCure } from "../diagnostics/import-cure.js";
import { areGlobalsUnchanged, rememberGlobals } from "./globals.js";
import { host } from "../platform/host.js";
import { called, leave, park, settling, spinUntilCalled } from "../protocol/control-block.js";
import type { AdoptionMessage, DeathReport, ThreadRole } from "../protocol/messages.js";
import { allTold, ask, connect, receiveFromSupervisor, whenTold } from "../runtime/supervisor-client.js";
import { inherit, inheritNewer } from "../protocol/hooks.js";
import { packCause } from "../runtime/deaths.js";
import { forgetLocals } from "../api/local.js";
import { died, exited, failure, isExit, type Outcome, packOutcome, postOutcome } from "../protocol/outcome.js";
import { fieldsOf, type Job, putFields, type Start, type StartMessage, startOf } from "../protocol/job.js";
import { watchImports } from "./module-primitives.js";
import { internals, Thread } from "../api/thread.js";
import { type View, VIEW } from "../runtime/thread-objects.js";
import { followed, followHere } from "../api/trace.js";
import { objectFor, setCurrentObject, setUnlisted } from "../runtime/thread-objects.js";
import { assumeAwaiter } from "../table/awaiter.js";
import { roomToSpin } from "../table/capacity.js";
import { begin, end, flagsOf, isAlive, isWanted, vacate } from "../table/entries.js";
import { DAEMON, type Entry, RAW } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import type { Port } from "../platform/thread-platform.js";

/** An idle worker gives its event loop a turn after so many milliseconds, then after twice as many, and so on. */
const IDLE_MS = 1000;

export function runThreads(role: ThreadRole): void {
  const { supervisor, worker, awaiter, health, news } = role;
  let { control, starter } = role;
  const afterTurn = host().turns();
  /** The thread that runs here, until its end has been told. */
  let running: Running | undefined;
  let last: Thread | undefined;

  const runNext = (): void => {
    receiveFromSupervisor();
    const item = host().take(starter);
    if (item === undefined) return exit(); // the starter is gone
    if (!Array.isArray(item.message)) return beAdopted(item.message as AdoptionMessage);
    const start = startOf(item.message as unknown as StartMessage);
    if (!isAlive(start.entry)) {
      idle(settling(control)); // terminated before it began
      return sleepIfClean();
    }
    const thread = (running = new Running(start, starter));
    carryOut(thread.run(), (object) => {
      if (thread.isDying) return die();
      last = object;
      idle(settling(control)); // before the end is told: a starter of the next thread may wait for this worker
      thread.tellEnd();
      running = undefined;
      sleepIfClean();
    });
  };

  /**
   * The thread dies, and the worker with it: only then none of its tasks can run any more, and the supervisor announces the death.
   *     // T1 throws, while a task of its holds a lock; the death is announced; T2 takes over the lock; the task goes on inside it.
   */
  const die = (): void => {
    running!.reportDeath();
    running = undefined;
    host().exitWorker();
  };

  /** This worker has been a spare, and is given to a starter, who has posted a thread already. */
  const beAdopted = (by: AdoptionMessage): void => {
    host().close(starter);
    ({ control, starter } = by);
    host().holdOpen(starter);
    runNext();
  };

  /** What a thread has left in the event loop must not go on in the next one. */
  const sleepIfClean = (turns = 2, patience = IDLE_MS): void => {
    const { whenIdle } = host();
    if (whenIdle !== undefined) {
      return whenIdle(starter, (isIdle) => afterTurn(() => (isIdle ? sleep(patience) : exit())));
    }
    afterTurn(() => {
      if (isClean(host().leftovers(), clean)) return sleep(patience);
      if (turns > 1) return sleepIfClean(turns - 1, patience); // handles that it closed last are gone one turn later
      warnOfServer(last, host().leftovers());
      exit();
    });
  };

  /** Until there is a next thread. */
  const sleep = (patience: number): void => {
    if (!areGlobalsUnchanged() || !park(control)) return exit();
    if (roomToSpin(1)) spinUntilCalled(control);
    if (idle(called(control, Deadline.after(patience)))) return runNext();
    // The event loop gets a turn: what leftovers() does not show (promises, what is unref'ed) fails now, and not in the next thread.
    sleepIfClean(1, 2 * patience);
  };

  const exit = (): void => {
    leave(control);
    host().exitWorker();
  };

  here.isOurs = true;
  assumeDismissal(role.dismissal);
  here.worker = worker;
  assumeAwaiter(awaiter);
  connect(supervisor, health, news);
  whenTold((inherited) => {
    if (inheritNewer(inherited)) followHere();
  });
  host().directStdio();
  host().onUncaught((error) => {
    // Node ends the worker, even by process.exit() from here, only after the microtasks that are due and all that these make. A microtask of
    // ours ends them.
    queueMicrotask(() => host().exitWorker());
    if (running !== undefined) {
      running.fail(error);
      return die();
    }
    leave(control); // before the report, which may wake a thread that starts the next one
    if (!isExit(error)) report(last, error);
  });
  host().onProcessEnd(
    () => undefined,
    (exitCode) => {
      if (!isDismissed()) running?.exit(exitCode); // the supervisor knows what it has died of
    },
  );
  host().holdOpen(starter);
  // On Deno the ports that were just opened have an immediate each. They are over soon, and must not stand for one that a thread leaves.
  const clean = host()
    .leftovers()
    .filter((name) => name !== "Immediate");
  rememberGlobals();
  if (!role.isSpare) return afterTurn(runNext);
  idle(settling(control));
  sleepIfClean();
}

/** One thread, from its start to its end. */
class Running {
  #thread: Thread | undefined;
  readonly #entry: Entry;
  readonly #job: Envelope;
  readonly #starter: Port;
  readonly #isRaw: boolean;
  /** Its first name: a raw thread is reported by that of its function. */
  readonly #name: string;
  #hasWills = false;
  /** By the word that a will is about, what came of it. */
  readonly #marks = new WeakMap<Int32Array, Map<number, Words | undefined>>();
  #outcome: Outcome = { ok: true };
  /** What it dies of, if not of `exit()`. */
  #cause: { readonly error: unknown } | undefined;
  #isDying = false;

  constructor({ entry, job }: Start, starter: Port) {
    this.#entry = entry;
    this.#job = job;
    this.#starter = starter;
    this.#isRaw = (flagsOf(entry) & RAW) !== 0;
    this.#name = nameOf(entry);
    assumeIdent(entry.ident);
    setDeathActionSink((will) => this.#keepWill(will));
    // Before anybody can see it run, and end it: its module may not even load.
    for (const { deathAction: will } of job.parts) if (will !== undefined) onThreadDeath(will);
    begin(entry, platform.nativeId());
    forgetLocals();
    setUnlisted(this.#isRaw ? entry : undefined);
  }

  /** Once for each word, however often what leaves it arrives, or is made again from a handle. */
  #keepWill(will: DeathAction): Words | undefined {
    const { index, holders, counts } = will;
    const { words } = adopt({ buffer: will.words.buffer as SharedArrayBuffer }, 0, "thread"); // a message brings a view of its own
    const ofWords = this.#marks.get(words) ?? new Map<number, Words | undefined>();
    this.#marks.set(words, ofWords);
    const key = counts === true ? -1 - index : index;
    if (ofWords.has(key)) return ofWords.get(key);
    const mark = holders !== undefined && counts === true ? allocate(Int32Array.BYTES_PER_ELEMENT) : undefined;
    ofWords.set(key, mark);
    this.#hasWills = true;
    ask({ ask: "will", ident: this.#entry.ident, will: mark === undefined ? will : { ...will, mark } });
    return mark;
  }

  /** Until its module is imported nobody knows the class; a module that asks meanwhile gets a plain one. */
  get thread(): Thread {
    return (this.#thread ??= new Thread(this.#view() as never));
  }

  *run(): Work<Thread> {
    try {
      if (!isPrepared(this.#job)) yield* this.#load();
      const { Class, fields, target, args = [], hasKwargs, inherited } = unpack<Job>(this.#job);
      const telling = allTold();
      if (telling !== undefined) yield telling;
      inherit(inherited);
      setCurrentObject((this.#thread = objectFor({ ...this.#view(), target, args, hasKwargs }, Class) as Thread));
      putFields(this.thread, fields);
      const value = yield* followed(() => this.thread.run());
      const left = fieldsOf(this.thread);
      this.#outcome = { ok: true, ...(value !== undefined && { value }), ...(left !== undefined && { fields: left }) };
    } catch (error) {
      if (isExit(error)) this.#endByExit();
      else this.fail(error);
    }
    internals.dropWork(this.thread);
    return this.thread;
  }

  /** Has it failed? Then its worker has to end. */
  get isDying(): boolean {
    return this.#isDying;
  }

  /** It threw something that nothing caught: in `run`, or in a task. */
  fail(thrown: unknown): void {
    this.#isDying = true;
    if (isExit(thrown)) return this.#endByExit();
    setCurrentObject(this.thread);
    this.#report(thrown);
    this.#cause = { error: thrown };
    this.#outcome = { ok: false, error: thrown, fields: fieldsOf(this.thread) };
  }

  /** It called `exit()`, which is no death. */
  #endByExit(): void {
    setCurrentObject(this.thread);
    this.#outcome = { ok: false, error: died(this.thread.name, "ended by exit()"), fields: fieldsOf(this.thread) };
  }

  /** The thread has called process.exit(): the supervisor will see it gone, but cannot know its fields. */
  exit(exitCode: number): void {
    const error = exited(this.thread.name, exitCode);
    this.#cause = { error };
    this.#outcome = { ok: false, error, fields: fieldsOf(this.thread) };
    this.reportDeath();
  }

  /** Tells the supervisor what the thread dies of, and leaves. The supervisor announces it once the worker is gone. */
  reportDeath(): void {
    const { name } = this.thread;
    const nativeId = platform.nativeId();
    const cause = this.#cause && causeOfDeath(name, this.#cause.error);
    const send = (outcome: Envelope | undefined): void =>
      ask({ ask: "report death", death: { ident: this.#entry.ident, name, outcome, cause } satisfies DeathReport });
    if (this.#isRaw) return send(undefined);
    try {
      send(packOutcome(this.#entry, { ...this.#outcome, nativeId }));
    } catch (error) {
      this.#report(error);
      send(packOutcome(this.#entry, failure(error, nativeId)));
    }
  }

  /** Sends what the thread leaves, then says that it has ended. */
  tellEnd(): void {
    const outcome = this.#isRaw ? undefined : this.#post();
    setDeathActionSink(() => undefined); // what the thread has left in the event loop holds nothing any more
    if (this.#hasWills) ask({ ask: "forget wills", ident: this.#entry.ident });
    if (!end(this.#entry)) return;
    if (outcome !== undefined) this.#keepIfWanted(outcome);
    vacate(this.#entry);
    setUnlisted(undefined); // the current object stays: what the thread has left in the event loop may ask for it
  }

  #post(): Envelope {
    const nativeId = platform.nativeId();
    try {
      return postOutcome(this.#starter, this.#entry, { ...this.#outcome, nativeId });
    } catch (error) {
      this.#report(error);
      return postOutcome(this.#starter, this.#entry, failure(error, nativeId));
    }
  }

  #keepIfWanted(outcome: Envelope): void {
    if (isWanted(this.#entry)) ask({ ask: "keep", ident: this.#entry.ident, outcome });
  }

  /** Imports what the thread needs. */
  *#load(): Work<void> {
    setCurrentObject(this.thread);
    let hasTests = false;
    const warnOfPrimitives = watchImports(this.thread.name);
    try {
      yield prepare(this.#job, (url) => {
        here.importing = url;
        return host().importModule(url);
      });
      hasTests = host().hasTests?.() === true;
      if (hasTests) throw new ThreadError(definesTests(this.thread.name, here.importing));
      rememberGlobals(); // what its modules have put there is theirs, like their variables
    } catch (error) {
      if (error instanceof ThreadError) throw error;
      const what = `thread: ${this.thread.name} could not import ${here.importing}: ${messageOf(error)}`;
      throw new ThreadError(what + importCure(here.importing ?? "", error), { cause: error });
    } finally {
      if (!hasTests) here.importing = undefined; // else until the worker has ended: tests that run meanwhile must not start threads
      // The runtime says it in a later turn of the event loop, which the thread may not give it for long.
      if (warnOfPrimitives()) yield new Promise<void>((resolve) => host().turns()(resolve));
    }
  }

  #view(): View {
    const entry = this.#entry;
    return {
      [VIEW]: entry,
      name: nameOf(entry),
      daemon: (flagsOf(entry) & DAEMON) !== 0,
      nativeId: platform.nativeId(),
    };
  }

  #report(error: unknown): void {
    if (this.#isRaw) {
      host().writeError(`Exception ignored in thread started by ${this.#name}:\n${host().inspectError(error)}\n`);
    } else {
      report(this.thread, error);
    }
  }
}

/** What a thread died of; as text if it cannot travel. */
function causeOfDeath(name: string, error: unknown): Envelope {
  try {
    return packCause(error);
  } catch {
    return pack(died(name, `died: ${messageOf(error)}`));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a server listens with, by the platform's names. */
const SERVERS = ["TCPServerWrap", "UDPWrap"];

/** A server ends with the thread that made it. In Python `serve_forever` blocks; here `listen` returns, and the target with it. */
function warnOfServer(thread: Thread | undefined, leftovers: readonly string[]): void {
  if (thread === undefined || !leftovers.some((name) => SERVERS.includes(name))) return;
  host().writeError(
    `thread: Warning: ${thread.name} has ended, and the server that it listens with ends, too; ` +
      `let its function go on as long as the server: make it async, and await an Event, such as "await stop.waitAsync()"\n`,
  );
}

/** Does nothing more keep the event loop busy than did before the first thread? */
function isClean(leftovers: readonly string[], clean: readonly string[]): boolean {
  const rest = [...leftovers];
  for (const name of clean) {
    const i = rest.indexOf(name);
    if (i >= 0) rest.splice(i, 1);
  }
  return rest.length === 0;
}
