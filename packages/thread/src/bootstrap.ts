/**
 * What runs in the worker of a thread: takes a start from its starter, runs it, says how it ended, and waits for the next one
 * as long as the worker is clean.
 */
import {
  assumeIdent,
  type Envelope,
  executeWill,
  keepWills,
  leaveWill,
  pack,
  platform,
  type Port,
  prepare,
  ThreadError,
  unpack,
  type Will,
} from "@x/core";
import { report } from "./except-hook.js";
import { here } from "./here.js";
import { host } from "./host.js";
import { BUSY, GONE, IDLE, retire, SETTLING, setStatus, statusOf } from "./control.js";
import type { ThreadRole } from "./messages.js";
import { ask, connect, whenTold } from "./supervision.js";
import { inherit, inheritNewer } from "./inherited.js";
import { hear } from "./obituaries.js";
import { forgetLocals } from "./local.js";
import { died, exited, failure, isExit, type Outcome, postOutcome } from "./outcome.js";
import type { Job, Start } from "./start.js";
import { Thread, VIEW, type View } from "./thread.js";
import { followed, followHere } from "./trace.js";
import { viewOf } from "./views.js";
import {
  assumeHousehold,
  begin,
  countIdle,
  DAEMON,
  end,
  type Entry,
  flagsOf,
  isAlive,
  isWanted,
  nameOf,
  RAW,
  vacate,
} from "./world.js";

/** So many workers may wait for their next thread for as long as they like, in the whole process; each takes some 8 MB. */
const IDLE_LIMIT = 8;

/** Others leave if there is nothing for them to do within so many milliseconds. */
const IDLE_MS = 1000;

export function runThreads({ control, starter, supervisor, worker, household, obituaries }: ThreadRole): void {
  /** The thread that runs here, until its end has been told. */
  let running: Running | undefined;
  let last: Thread | undefined;
  let starterIsGone = false;
  let cancelLeave = (): void => undefined;

  const start = async (message: Start): Promise<void> => {
    cancelLeave();
    if (isAlive(message.entry)) {
      running = new Running(message, starter);
      last = await running.run();
      setStatus(control, SETTLING); // before the end is told: who starts the next thread at once may wait for this worker
      running.tellEnd();
      running = undefined;
    }
    host().afterTurn(() => host().afterTurn(settle)); // handles that it closed last are gone one turn later
  };

  /** What a thread has left in the event loop must not go on in the next one. */
  const settle = (): void => {
    if (starterIsGone || !isClean(host().leftovers(), clean)) return leave();
    setStatus(control, IDLE);
    if (countIdle(1) >= Math.max(IDLE_LIMIT, 2 * host().cores())) cancelLeave = platform.setTimer(leaveIfIdle, IDLE_MS);
  };

  const leaveIfIdle = (): void => {
    if (!retire(control)) return; // the next thread is on its way
    countIdle(-1);
    host().exitWorker();
  };

  const leave = (): void => {
    setStatus(control, GONE);
    host().exitWorker();
  };

  here.isOurs = true;
  here.worker = worker;
  assumeHousehold(household);
  connect(supervisor);
  obituaries.forEach(hear);
  whenTold((inherited) => {
    if (inheritNewer(inherited)) followHere();
  });
  host().directOutput();
  host().onUncaught((error) => {
    if (retire(control)) countIdle(-1); // before the report, which may wake somebody who starts the next thread
    if (running !== undefined) running.die(error);
    else if (!isExit(error)) report(last, error);
    running = undefined;
  });
  host().onProcessEnd(
    () => undefined,
    (exitCode) => running?.exit(exitCode),
  );
  host().listen(
    starter,
    true,
    (message) => void start(message as Start),
    () => {
      starterIsGone = true;
      leaveIfIdle();
      // T1 takes this worker; is terminated; what it wanted to post will never come.
      if (running === undefined && statusOf(control) === BUSY) leave();
    },
  );
  const clean = host().leftovers();
}

/** One thread, from its start to its end. */
class Running {
  thread: Thread;
  readonly #entry: Entry;
  readonly #job: Envelope;
  readonly #starter: Port;
  readonly #isRaw: boolean;
  /** Its first name: a raw thread is reported by that of its function. */
  readonly #name: string;
  /** What shall happen if it dies. The supervisor knows them, too: some deaths only it can see. */
  readonly #wills: Will[] = [];
  #outcome: Outcome = { ok: true, value: undefined, fields: {} };

  constructor({ entry, job }: Start, starter: Port) {
    this.#entry = entry;
    this.#job = job;
    this.#starter = starter;
    this.#isRaw = (flagsOf(entry) & RAW) !== 0;
    this.#name = nameOf(entry);
    assumeIdent(entry.ident);
    forgetLocals();
    keepWills((will) => {
      this.#wills.push(will);
      ask({ ask: "will", ident: entry.ident, will });
    });
    // Before anybody can see it run, and end it: its module may not even load.
    for (const { will } of job.parts) if (will !== undefined) leaveWill(will);
    begin(entry, host().nativeId());
    // Until its module is imported nobody knows the class; a module that asks meanwhile gets a plain one.
    here.current = this.thread = new Thread(this.#view() as never);
    here.raw = this.#isRaw ? entry : undefined;
  }

  async run(): Promise<Thread> {
    try {
      const { Class, fields, target, args, inherited } = await this.#load();
      inherit(inherited);
      here.current = this.thread = viewOf({ ...this.#view(), target, args }, Class);
      Object.assign(this.thread, fields);
      const value = await followed(() => this.thread.run());
      this.#outcome = { ok: true, value, fields: { ...this.thread } };
    } catch (error) {
      this.#fail(error);
    }
    return this.thread;
  }

  /** An error that nobody caught is about to end this worker. */
  die(error: unknown): void {
    this.#fail(error);
    this.tellEnd();
  }

  /** Something was thrown that nobody caught. */
  #fail(thrown: unknown): void {
    const error = isExit(thrown) ? died(this.thread.name, "ended by exit()") : thrown;
    if (error === thrown) {
      this.#report(error);
      this.#wills.forEach(executeWill);
      this.#mourn(error);
    }
    this.#outcome = { ok: false, error, fields: { ...this.thread } };
  }

  #mourn(error: unknown): void {
    const { name } = this.thread;
    const mourn = (cause: unknown): void =>
      ask({ ask: "mourn", obituary: { ident: this.#entry.ident, name, cause: pack(cause) } });
    try {
      mourn(error);
    } catch {
      mourn(died(name, `died: ${messageOf(error)}`)); // what was thrown cannot travel
    }
  }

  /** The thread has called process.exit(): the supervisor will see it gone, but cannot know its fields. */
  exit(exitCode: number): void {
    this.#outcome = { ok: false, error: exited(this.thread.name, exitCode), fields: { ...this.thread } };
    if (!this.#isRaw) this.#keepIfWanted(this.#post());
  }

  /** Sends what the thread leaves, then says that it has ended. */
  tellEnd(): void {
    const outcome = this.#isRaw ? undefined : this.#post();
    keepWills(undefined);
    if (this.#wills.length > 0) ask({ ask: "forget wills", ident: this.#entry.ident });
    if (!end(this.#entry)) return;
    if (outcome !== undefined) this.#keepIfWanted(outcome);
    vacate(this.#entry);
    here.raw = undefined; // but here.current stays: what the thread has left in the event loop may ask who it is
  }

  #post(): Envelope {
    const nativeId = host().nativeId();
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

  async #load(): Promise<Job> {
    try {
      await prepare(this.#job, (url) => (here.importing = url));
    } catch (error) {
      if (error instanceof ThreadError) throw error;
      throw new ThreadError(`thread: ${this.thread.name} could not import ${here.importing}: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      here.importing = undefined;
    }
    return unpack<Job>(this.#job);
  }

  #view(): View {
    const entry = this.#entry;
    return { [VIEW]: entry, name: nameOf(entry), daemon: (flagsOf(entry) & DAEMON) !== 0, nativeId: host().nativeId() };
  }

  #report(error: unknown): void {
    if (this.#isRaw) {
      host().writeError(`Exception ignored in thread started by ${this.#name}:\n${host().inspectError(error)}\n`);
    } else {
      report(this.thread, error);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
