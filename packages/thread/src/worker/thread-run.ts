import {
  adopt,
  allocate,
  type DeathAction,
  type Envelope,
  onThreadDeath,
  pack,
  prepare,
  ThreadError,
  unpack,
  type Words,
} from "@x/core";
import { assumeIdent, isPrepared, platform, setDeathActionSink, takeMoved } from "@x/core/internal";
import { report } from "../api/except-hook.js";
import { forgetLocals } from "../api/local.js";
import { Thread } from "../api/thread.js";
import { INTERNALS } from "../api/thread-internals.js";
import { traced } from "../api/trace.js";
import { definesTests, importCure } from "../diagnostics/import-cure.js";
import { copiesOf, LOST_CHANGE, lostChanges } from "../diagnostics/lost-changes.js";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { packCause } from "../protocol/death-cause.js";
import { adoptHooks } from "../protocol/hooks.js";
import { fieldsOf, type Job, putFields, type Start } from "../protocol/job.js";
import type { DeathReport } from "../protocol/messages.js";
import { died, exited, failure, isExit, type Outcome, packOutcome, postOutcome } from "../protocol/outcome.js";
import { type MaybeAsync, runMaybeAsync } from "../runtime/maybe-async.js";
import { hooksReady } from "../runtime/received-hooks.js";
import { ask } from "../runtime/supervisor-client.js";
import { objectFor, setCurrentObject, setUnlisted, VIEW, type View } from "../runtime/thread-objects.js";
import { begin, end, flagsOf, isShared, freeSlot } from "../table/entries.js";
import { DAEMON, type Entry, RAW } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { thisWorker } from "../table/this-worker.js";
import { watchEvaluation } from "./evaluations.js";
import { rememberGlobals } from "./globals.js";
import { watchImports } from "./module-primitives.js";
import { warnOnce } from "./warn-once.js";

/** One run of a thread, from its start to its end. */
export class Running {
  #thread: Thread | undefined;
  readonly #entry: Entry;
  readonly #job: Envelope;
  readonly #starter: Port;
  readonly #isRaw: boolean;
  /** The initial name. For a raw thread it is the name of its function, for error reports. */
  readonly #name: string;
  #hasDeathActions = false;
  /** The `pending` word of each registered death action, by the word of the action. */
  readonly #pending = new WeakMap<Int32Array, Map<number, Words | undefined>>();
  #outcome: Outcome = { ok: true };
  /** The objects to move with the outcome. */
  #moved: readonly object[] = [];
  /** The cause of its death, unless it called `exitThread()`. */
  #cause: { readonly error: unknown } | undefined;
  #isDying = false;

  constructor({ entry, job }: Start, starter: Port) {
    this.#entry = entry;
    this.#job = job;
    this.#starter = starter;
    this.#isRaw = (flagsOf(entry) & RAW) !== 0;
    this.#name = nameOf(entry);
    assumeIdent(entry.ident);
    setDeathActionSink((action) => this.#recordDeathAction(action));
    // Before `begin`, because other threads may terminate it from then on, and its module may fail
    // to load.
    for (const { deathAction } of job.parts) if (deathAction !== undefined) onThreadDeath(deathAction);
    begin(entry, platform.nativeId());
    forgetLocals();
    setUnlisted(this.#isRaw ? entry : undefined);
  }

  /**
   * Registers a single death action per word, even if its primitive arrives again or is made again
   * from a handle.
   */
  #recordDeathAction(action: DeathAction): Words | undefined {
    const { index, holders, counts } = action;
    const { words } = adopt({ buffer: action.words.buffer as SharedArrayBuffer }, 0, "thread"); // each message brings its own view
    const ofWords = this.#pending.get(words) ?? new Map<number, Words | undefined>();
    this.#pending.set(words, ofWords);
    const key = counts === true ? -1 - index : index;
    if (ofWords.has(key)) return ofWords.get(key);
    const pending = holders !== undefined && counts === true ? allocate(Int32Array.BYTES_PER_ELEMENT) : undefined;
    ofWords.set(key, pending);
    this.#hasDeathActions = true;
    ask({
      ask: "death action",
      ident: this.#entry.ident,
      action: pending === undefined ? action : { ...action, pending },
    });
    return pending;
  }

  /**
   * The class is unknown until its module is imported. If a module asks during the import, it gets a
   * plain Thread.
   */
  get thread(): Thread {
    return (this.#thread ??= new Thread(this.#view() as never));
  }

  *run(): MaybeAsync<Thread> {
    try {
      const { failure } = thisWorker;
      if (failure !== undefined) throw this.#importError(failure.file, failure.error);
      thisWorker.load = (envelope) => this.#loadLater(envelope);
      if (!isPrepared(this.#job)) yield* this.#load(this.#job);
      const { Class, fields, target, args = [], hasKwargs, hooks } = unpack<Job>(this.#job);
      const loading = hooksReady();
      if (loading !== undefined) yield loading;
      adoptHooks(hooks);
      setCurrentObject((this.#thread = objectFor({ ...this.#view(), target, args, hasKwargs }, Class) as Thread));
      putFields(this.thread, fields);
      const copies = copiesOf(args);
      const value = yield* traced(() => this.thread.run());
      if (copies.length > 0 && value === undefined) yield* this.#warnOfLostChanges(copies);
      const left = fieldsOf(this.thread);
      this.#moved = takeMoved(value);
      this.#outcome = { ok: true, ...(value !== undefined && { value }), ...(left !== undefined && { fields: left }) };
    } catch (error) {
      if (isExit(error)) this.#endByExit();
      else this.fail(error);
    }
    Thread[INTERNALS].dropWork(this.thread);
    return this.thread;
  }

  /** True if the thread has failed: its worker must end. */
  get isDying(): boolean {
    return this.#isDying;
  }

  /** Handles an uncaught error of `run` or of a task. */
  fail(thrown: unknown): void {
    this.#isDying = true;
    if (isExit(thrown)) return this.#endByExit();
    setCurrentObject(this.thread);
    this.#report(thrown);
    this.#cause = { error: thrown };
    this.#outcome = { ok: false, error: thrown, fields: fieldsOf(this.thread) };
  }

  /** Handles `exitThread()`: it is not a death. */
  #endByExit(): void {
    setCurrentObject(this.thread);
    this.#outcome = {
      ok: false,
      error: died(this.thread.name, "ended by exitThread()"),
      fields: fieldsOf(this.thread),
    };
  }

  /**
   * Handles process.exit() of the thread. The supervisor sees the worker end, but does not know the
   * fields of the thread.
   */
  exit(exitCode: number): void {
    const error = exited(this.thread.name, exitCode);
    this.#cause = { error };
    this.#outcome = { ok: false, error, fields: fieldsOf(this.thread) };
    this.reportDeath();
  }

  /**
   * Sends the supervisor the thread's cause of death and its outcome. The supervisor announces them
   * after the worker has ended.
   */
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

  /** Sends the outcome, then publishes the end. */
  publishEnd(): void {
    const outcome = this.#isRaw ? undefined : this.#post();
    setDeathActionSink(() => undefined); // leftovers in the event loop are no holders any more
    if (this.#hasDeathActions) ask({ ask: "drop death actions", ident: this.#entry.ident });
    if (!end(this.#entry)) return;
    if (outcome !== undefined) this.#keepIfWanted(outcome);
    freeSlot(this.#entry);
    setUnlisted(undefined); // the current object stays: code left in the event loop may ask for it
  }

  #post(): Envelope {
    const nativeId = platform.nativeId();
    try {
      return postOutcome(this.#starter, this.#entry, { ...this.#outcome, nativeId }, this.#moved);
    } catch (error) {
      this.#report(error);
      return postOutcome(this.#starter, this.#entry, failure(error, nativeId));
    }
  }

  #keepIfWanted(outcome: Envelope): void {
    if (!isShared(this.#entry)) return;
    const { ident } = this.#entry;
    const stored = this.#moved.length === 0 ? outcome : pack(failure(movedAway(this.thread.name), platform.nativeId()));
    ask({ ask: "store outcome", ident, outcome: stored });
  }

  /** For an executor: its tasks bring modules of their own. */
  #loadLater(envelope: Envelope): Promise<void> {
    return new Promise((resolve, reject) => {
      const load = function* (this: Running): MaybeAsync<() => void> {
        try {
          yield* this.#load(envelope);
          return resolve;
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the module threw
          return () => reject(error);
        }
      };
      runMaybeAsync(load.call(this), (settle) => settle());
    });
  }

  /** Imports the modules of the thread. */
  *#load(job: Envelope): MaybeAsync<void> {
    setCurrentObject(this.thread);
    let hasTests = false;
    const warnOfPrimitives = watchImports(this.thread.name);
    const { evaluation } = host();
    const ended = watchEvaluation();
    try {
      yield prepare(job, (url, what) => {
        thisWorker.importing = url;
        const evaluate = (): Promise<unknown> => host().importModule(url, what);
        return evaluation === undefined ? evaluate() : evaluation.run(url, evaluate);
      });
      hasTests = host().hasTests?.() === true;
      if (hasTests) throw new ThreadError(definesTests(this.thread.name, thisWorker.importing)); // before a turn, in which they would begin
      const unwanted = (yield new Promise((resolve) => ended(resolve))) as ThreadError | undefined;
      if (unwanted !== undefined) throw unwanted;
      rememberGlobals(); // globals of its modules are allowed, like their variables
    } catch (error) {
      if (error instanceof ThreadError) throw error;
      throw this.#importError(thisWorker.importing ?? "", error);
    } finally {
      if (!hasTests) thisWorker.importing = undefined; // else until the worker ends: running tests must not start threads
      // The runtime prints the warning in a later turn of the event loop. The thread may block for
      // long first.
      if (warnOfPrimitives()) yield new Promise<void>((resolve) => host().turns()(resolve));
    }
  }

  *#warnOfLostChanges(copies: ReturnType<typeof copiesOf>): MaybeAsync<void> {
    const text = lostChanges(copies, this.thread.name);
    if (text === undefined || !warnOnce(text, LOST_CHANGE, text.replace(this.thread.name, ""))) return;
    yield new Promise<void>((resolve) => host().turns()(resolve)); // the runtime prints it in a later turn
  }

  #importError(url: string, cause: unknown): ThreadError {
    const what = `thread: ${this.thread.name} could not import ${url}: ${messageOf(cause)}`;
    return new ThreadError(what + importCure(url, cause), { cause });
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

/** The error for all threads but the starter, if the result has moved. */
function movedAway(name: string): ThreadError {
  return new ThreadError(
    `thread: the result of ${name} has moved to the thread that started it; ask there, or return the value without move()`,
  );
}

/** The cause of a thread's death; only its text if it cannot be packed. */
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
