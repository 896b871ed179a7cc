/** The steps of fuzz tasks, over all primitives. */
import {
  type AsyncOptions,
  BrokenBarrierError,
  type Condition,
  type Lock,
  OwnerDiedError,
  RLock,
  type Semaphore,
  sleep,
  sleepAsync,
  Thread,
  Timer,
} from "@x/threading";
import { child, CHILDREN, fire, isRightEnd } from "./children.js";
import { die, dieInTask } from "./fault-injector.js";
import { either, type Flow } from "./flow.js";
import { markTarget, type FuzzTask } from "./fuzz-task.js";
import { AT, activityOf } from "./shared-state.js";

// ---------------------------------------------------------------- waiting

const ABORTED = Symbol("aborted");

/** Calls an async form, sometimes with a signal and a quick abort. Returns false after an abort. */
async function abortable(
  { random }: FuzzTask,
  timeout: number,
  call: (options: AsyncOptions) => Promise<boolean>,
): Promise<boolean> {
  if (!random.oneIn(4)) return call(timeout);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(ABORTED), random.next() * 4);
  try {
    return await call({ timeout, signal: controller.signal });
  } catch (reason) {
    if (reason !== ABORTED) throw reason;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Acquires the primitive within the timeout. If its owner died, the caller repairs the data. */
function* acquired(task: FuzzTask, it: Lock | RLock | Semaphore, timeout: number): Flow<boolean> {
  try {
    return yield* either(
      () => it.acquire(timeout),
      () => abortable(task, timeout, (options) => (it as Lock).acquireAsync(options)),
    );
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    task.ownerDied();
    return true;
  }
}

function napping(ms: number): Flow {
  return either(
    () => sleep(ms),
    () => sleepAsync(ms),
  );
}

/** Runs inside of a primitive: continues, sleeps, or kills the thread. */
function* pauseOrDie(task: FuzzTask): Flow {
  const { death, shared, place } = task;
  if (death !== undefined) {
    markTarget(shared, place.fuzzThread, activityOf(shared.status, place.fuzzTask));
    yield* either<void>(
      () => die(death),
      () => dieInTask(death),
    );
  }
  if (task.random.oneIn(4)) yield* napping(task.random.next() * 2);
}

// ---------------------------------------------------------------- locks and semaphores

/** Acquires a lock with number `least` or higher; sometimes a higher one inside. */
function* lock(task: FuzzTask, least = 0): Flow {
  const { random, shared } = task;
  const all = task.place.isTask ? shared.locks : [...shared.locks, ...shared.rlocks];
  if (least >= all.length) return;
  const number = least + random.below(all.length - least);
  const it = all[number]!;
  const name = it instanceof RLock ? "an RLock" : "a Lock";
  task.begin(`acquiring ${name}`, number);
  if (random.oneIn(5)) return yield* lockByWith(task, it, number);
  if (!(yield* acquired(task, it, random.one([Infinity, Infinity, random.next() * 5, 0])))) return;
  task.begin(`holding ${name}`, number);
  task.enter(number);
  yield* pauseOrDie(task);
  if (it instanceof RLock && random.oneIn(2)) {
    it.acquire();
    yield* pauseOrDie(task);
    it.release();
  }
  if (random.oneIn(3)) yield* lock(task, number + 1);
  task.leave(number);
  it.release();
}

/** The form with an automatic release. After an OwnerDiedError the caller does not hold the lock. */
function* lockByWith(task: FuzzTask, it: Lock | RLock, number: number): Flow {
  const inside = (): void => {
    task.enter(number);
    task.leave(number);
  };
  try {
    yield* either(
      () => it.with(inside),
      () => (it as Lock).withAsync(inside),
    );
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    task.ownerDied();
  }
}

function* permit(task: FuzzTask): Flow {
  const { random, isDeadly } = task;
  const { semaphores, plan, words } = task.shared;
  const number = random.below(semaphores.length);
  const semaphore = semaphores[number]!;
  task.begin("acquiring a permit", number);
  // Dead threads keep their permits. So where threads die, each acquire has a timeout.
  if (!(yield* acquired(task, semaphore, isDeadly || random.oneIn(2) ? random.next() * 5 : Infinity))) return;
  task.begin("holding a permit", number);
  const inside = Atomics.add(words, AT.INSIDE + number, 1) + 1;
  task.expect(inside <= plan.permits[number]!, `${inside} have one of ${plan.permits[number]} permits`);
  yield* pauseOrDie(task);
  Atomics.sub(words, AT.INSIDE + number, 1);
  semaphore.release();
}

// ---------------------------------------------------------------- a buffer under a condition

function numberOfBuffer({ shared }: FuzzTask): number {
  return shared.locks.length + shared.rlocks.length;
}

function* holdBuffer(task: FuzzTask): Flow {
  task.begin("acquiring a Condition's lock");
  while (!(yield* acquired(task, task.shared.buffer.lock, Infinity)));
  task.begin("holding a Condition's lock");
  task.enter(numberOfBuffer(task));
}

function leaveBuffer(task: FuzzTask): void {
  task.leave(numberOfBuffer(task));
  task.shared.buffer.release();
}

function* put(task: FuzzTask): Flow {
  const { buffer, words } = task.shared;
  yield* holdBuffer(task);
  const n = 1 + task.random.below(2);
  words[AT.PRODUCED]! += n;
  yield* pauseOrDie(task);
  words[AT.ITEMS]! += n;
  task.begin("notifying");
  Atomics.add(words, AT.NOTIFIED, 1);
  if (task.random.oneIn(5)) buffer.notifyAll();
  else buffer.notify(n);
  yield* pauseOrDie(task);
  leaveBuffer(task);
}

/** Takes an item, unless the timeout passes or the buffer is closed first. */
function* take(task: FuzzTask): Flow {
  const { words, plan } = task.shared;
  const timeout = plan.takesForEver ? Infinity : task.random.next() * 5;
  const end = performance.now() + timeout;
  yield* holdBuffer(task);
  while (words[AT.ITEMS]! <= 0 && words[AT.CLOSED] === 0 && performance.now() < end) {
    task.begin("waiting for a Condition");
    task.leave(numberOfBuffer(task));
    yield* notified(task, timeout);
    task.begin("holding a Condition's lock");
    task.enter(numberOfBuffer(task));
  }
  if (words[AT.ITEMS]! > 0) {
    words[AT.ITEMS]! -= 1;
    yield* pauseOrDie(task);
    words[AT.CONSUMED]! += 1;
  }
  leaveBuffer(task);
}

/** Waits on the condition. Afterwards this thread holds the lock again, in any case. */
function* notified(task: FuzzTask, timeout: number): Flow<boolean> {
  const { buffer } = task.shared;
  try {
    return yield* either(
      () => buffer.wait(timeout),
      () => abortable(task, timeout, (options) => (buffer as Condition<Lock>).waitAsync(options)),
    );
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    task.ownerDied();
    return false;
  }
}

// ---------------------------------------------------------------- events and barriers

function* bell(task: FuzzTask): Flow {
  const { bell } = task.shared;
  if (task.random.oneIn(2)) {
    task.begin("setting an Event");
    if (task.random.oneIn(3)) bell.clear();
    else bell.set();
    return;
  }
  task.begin("waiting for an Event");
  const timeout = task.random.next() * 3;
  yield* either(
    () => bell.wait(timeout),
    () => abortable(task, timeout, (options) => bell.waitAsync(options)),
  );
}

function* looseBarrier(task: FuzzTask): Flow {
  const { looseBarrier } = task.shared;
  const { random } = task;
  task.begin("waiting at a Barrier", 1);
  if (random.oneIn(8)) return looseBarrier.abort();
  if (random.oneIn(3)) looseBarrier.reset();
  const timeout = random.next() * 3;
  try {
    const index = yield* either(
      () => looseBarrier.wait(timeout),
      () => looseBarrier.waitAsync(timeout),
    );
    task.expect(index === 0 || index === 1, `index ${index} of two`);
  } catch (error) {
    if (!(error instanceof BrokenBarrierError)) throw error;
  }
}

/** The end of a step. After some steps all fuzz tasks meet, at a barrier or at a gate. */
export function* meet(task: FuzzTask): Flow {
  const { plan, gates } = task.shared;
  const opener = plan.levels.get(task.step);
  if (opener === undefined) return;
  if (opener === "barrier") return yield* meetAtBarrier(task);
  const gate = gates.get(task.step)!;
  if (opener === task.place.fuzzThread) {
    task.begin("setting an Event", task.step);
    gate.set();
  }
  task.begin("waiting for an Event", task.step);
  const isOpen = yield* either(
    () => gate.wait(),
    () => gate.waitAsync(),
  );
  task.expect(isOpen && gate.isSet(), "a gate that was passed is shut");
}

function* meetAtBarrier(task: FuzzTask): Flow {
  const { barrier, words } = task.shared;
  task.begin("waiting at a Barrier", 0);
  Atomics.add(words, AT.ARRIVED + task.step, 1);
  try {
    const index = yield* either(
      () => barrier.wait(),
      () => barrier.waitAsync(),
    );
    const arrived = Atomics.load(words, AT.ARRIVED + task.step);
    task.expect(arrived === barrier.parties, `${arrived} of ${barrier.parties} had come when it passed the barrier`);
    const bit = 1 << index;
    task.expect((Atomics.or(words, AT.INDICES + task.step, bit) & bit) === 0, `index ${index} was given out twice`);
  } catch (error) {
    if (!(error instanceof BrokenBarrierError)) throw error;
    task.expect(task.isDeadly, `a broken barrier, though no thread dies: ${error.message}`);
  }
}

// ---------------------------------------------------------------- threads

function* timer(task: FuzzTask): Flow {
  const { words } = task.shared;
  const { random } = task;
  const at = AT.FIRED + task.place.fuzzTask;
  const before = Atomics.load(words, at);
  task.begin("starting a Timer");
  const it = new Timer(random.next() * 4, fire, [words, at]).start();
  const isCancelled = random.oneIn(2);
  if (random.oneIn(2)) yield* napping(random.next() * 4);
  if (isCancelled) {
    task.begin("cancelling a Timer");
    it.cancel();
  }
  task.begin("joining a Timer");
  yield* either(
    () => it.join(),
    () => it.joinAsync(),
  );
  const fired = Atomics.load(words, at) - before;
  task.expect(isCancelled ? fired <= 1 : fired === 1, `a timer has fired ${fired} times`);
  task.expect(it.finished.isSet() && !it.isAlive(), "a timer has ended, but not finished");
}

function* thread(task: FuzzTask): Flow {
  const kind = task.random.one(CHILDREN);
  const n = task.random.below(1000);
  task.begin("starting a Thread");
  const it = new Thread({ target: child, args: [kind, n] }).start();
  task.begin("joining a Thread");
  let end: unknown;
  try {
    end = yield* either(
      () => it.result(),
      () => it.resultAsync(),
    );
  } catch (error) {
    end = error;
  }
  task.expect(isRightEnd(kind, n, end), `${kind} ${n} ended with ${String(end)}`);
  task.expect(!it.isAlive(), "a thread is alive after its join");
}

function* local(task: FuzzTask): Flow {
  task.begin("using a Local");
  const { local } = task.shared;
  const { fuzzThread } = task.place;
  task.expect(
    local.fuzzThread === undefined || local.fuzzThread === fuzzThread,
    `the Local of fuzz thread ${local.fuzzThread}`,
  );
  local.fuzzThread = fuzzThread;
  yield* napping(0); // other tasks of this thread see the same value
  task.expect(local.fuzzThread === fuzzThread, `the Local of fuzz thread ${local.fuzzThread}`);
}

// ---------------------------------------------------------------- all together

const QUICK = [lock, lock, lock, permit, permit, bell, looseBarrier, local];
const SLOW = [timer, thread];

/** Runs a random step. */
export function* anyStep(task: FuzzTask): Flow {
  const { plan } = task.shared;
  const { random, place } = task;
  // If takers wait without a limit, a fuzz task either always puts or always takes.
  const buffers = plan.takesForEver ? [isPutter(place.fuzzTask) ? put : take] : [put, take, take];
  // An RLock belongs to a thread, so tasks do not use it.
  const steps = place.isTask && plan.reentrant ? QUICK : [...QUICK, ...buffers, ...buffers];
  yield* random.one(random.oneIn(12) ? SLOW : steps)(task);
}

/** Does this fuzz task fill the buffer, in programs with takers without a limit? */
export function isPutter(task: number): boolean {
  return task % 2 === 0;
}
