/** The steps that walkers do, over all primitives. */
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
import { die, dieInTask } from "./deaths.js";
import { either, type Flow } from "./flow.js";
import { doom, type Walker } from "./walker.js";
import { AT, doingOf } from "./world.js";

// ---------------------------------------------------------------- waiting

const ABORTED = Symbol("aborted");

/** Calls an async form, some of the time with a signal that is aborted soon: then it is false. */
async function abortable(
  { random }: Walker,
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

/** Acquires it, if that can be within the time; also what a dead thread held, which is put right by whoever is told. */
function* acquired(walker: Walker, it: Lock | RLock | Semaphore, timeout: number): Flow<boolean> {
  try {
    return yield* either(
      () => it.acquire(timeout),
      () => abortable(walker, timeout, (options) => (it as Lock).acquireAsync(options)),
    );
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    walker.orphan();
    return true;
  }
}

function napping(ms: number): Flow {
  return either(
    () => sleep(ms),
    () => sleepAsync(ms),
  );
}

/** Inside of something: nothing happens, or it takes a while, or the thread dies. */
function* moment(walker: Walker): Flow {
  const { death, world, place } = walker;
  if (death !== undefined) {
    doom(world, place.actor, doingOf(world.status, place.walker));
    yield* either<void>(
      () => die(death),
      () => dieInTask(death),
    );
  }
  if (walker.random.oneIn(4)) yield* napping(walker.random.next() * 2);
}

// ---------------------------------------------------------------- locks and semaphores

/** Takes a lock that has this number or a higher one, and inside of it, perhaps, others still higher. */
function* lock(walker: Walker, least = 0): Flow {
  const { random, world } = walker;
  const all = walker.place.isTask ? world.locks : [...world.locks, ...world.rlocks];
  if (least >= all.length) return;
  const number = least + random.below(all.length - least);
  const it = all[number]!;
  const name = it instanceof RLock ? "an RLock" : "a Lock";
  walker.doing(`acquiring ${name}`, number);
  if (random.oneIn(5)) return yield* lockByWith(walker, it, number);
  if (!(yield* acquired(walker, it, random.one([Infinity, Infinity, random.next() * 5, 0])))) return;
  walker.doing(`holding ${name}`, number);
  walker.enter(number);
  yield* moment(walker);
  if (it instanceof RLock && random.oneIn(2)) {
    it.acquire();
    yield* moment(walker);
    it.release();
  }
  if (random.oneIn(3)) yield* lock(walker, number + 1);
  walker.leave(number);
  it.release();
}

/** The form that releases whatever happens: who is told that the holder has died does not hold it. */
function* lockByWith(walker: Walker, it: Lock | RLock, number: number): Flow {
  const inside = (): void => {
    walker.enter(number);
    walker.leave(number);
  };
  try {
    yield* either(
      () => it.with(inside),
      () => (it as Lock).withAsync(inside),
    );
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    walker.orphan();
  }
}

function* permit(walker: Walker): Flow {
  const { random, isDeadly } = walker;
  const { semaphores, plan, words } = walker.world;
  const number = random.below(semaphores.length);
  const semaphore = semaphores[number]!;
  walker.doing("acquiring a permit", number);
  // The permits of the dead are gone: where some die, nobody may wait for ever.
  if (!(yield* acquired(walker, semaphore, isDeadly || random.oneIn(2) ? random.next() * 5 : Infinity))) return;
  walker.doing("holding a permit", number);
  const inside = Atomics.add(words, AT.INSIDE + number, 1) + 1;
  walker.expect(inside <= plan.permits[number]!, `${inside} have one of ${plan.permits[number]} permits`);
  yield* moment(walker);
  Atomics.sub(words, AT.INSIDE + number, 1);
  semaphore.release();
}

// ---------------------------------------------------------------- a buffer under a condition

function numberOfBuffer({ world }: Walker): number {
  return world.locks.length + world.rlocks.length;
}

function* holdBuffer(walker: Walker): Flow {
  walker.doing("acquiring a Condition's lock");
  while (!(yield* acquired(walker, walker.world.buffer.lock, Infinity)));
  walker.doing("holding a Condition's lock");
  walker.enter(numberOfBuffer(walker));
}

function leaveBuffer(walker: Walker): void {
  walker.leave(numberOfBuffer(walker));
  walker.world.buffer.release();
}

function* put(walker: Walker): Flow {
  const { buffer, words } = walker.world;
  yield* holdBuffer(walker);
  const n = 1 + walker.random.below(2);
  words[AT.PRODUCED]! += n;
  yield* moment(walker);
  words[AT.ITEMS]! += n;
  walker.doing("notifying");
  Atomics.add(words, AT.NOTIFIED, 1);
  if (walker.random.oneIn(5)) buffer.notifyAll();
  else buffer.notify(n);
  yield* moment(walker);
  leaveBuffer(walker);
}

/** Takes an item, if there is one before the time is up or the buffer is closed. */
function* take(walker: Walker): Flow {
  const { words, plan } = walker.world;
  const timeout = plan.takesForEver ? Infinity : walker.random.next() * 5;
  const end = performance.now() + timeout;
  yield* holdBuffer(walker);
  while (words[AT.ITEMS]! <= 0 && words[AT.CLOSED] === 0 && performance.now() < end) {
    walker.doing("waiting for a Condition");
    walker.leave(numberOfBuffer(walker));
    yield* notified(walker, timeout);
    walker.doing("holding a Condition's lock");
    walker.enter(numberOfBuffer(walker));
  }
  if (words[AT.ITEMS]! > 0) {
    words[AT.ITEMS]! -= 1;
    yield* moment(walker);
    words[AT.CONSUMED]! += 1;
  }
  leaveBuffer(walker);
}

/** Waits on the condition; its lock is held again, whatever comes of it. */
function* notified(walker: Walker, timeout: number): Flow<boolean> {
  const { buffer } = walker.world;
  try {
    return yield* either(
      () => buffer.wait(timeout),
      () => abortable(walker, timeout, (options) => (buffer as Condition<Lock>).waitAsync(options)),
    );
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    walker.orphan();
    return false;
  }
}

// ---------------------------------------------------------------- events and barriers

function* bell(walker: Walker): Flow {
  const { bell } = walker.world;
  if (walker.random.oneIn(2)) {
    walker.doing("setting an Event");
    if (walker.random.oneIn(3)) bell.clear();
    else bell.set();
    return;
  }
  walker.doing("waiting for an Event");
  const timeout = walker.random.next() * 3;
  yield* either(
    () => bell.wait(timeout),
    () => abortable(walker, timeout, (options) => bell.waitAsync(options)),
  );
}

function* looseBarrier(walker: Walker): Flow {
  const { looseBarrier } = walker.world;
  const { random } = walker;
  walker.doing("waiting at a Barrier", 1);
  if (random.oneIn(8)) return looseBarrier.abort();
  if (random.oneIn(3)) looseBarrier.reset();
  const timeout = random.next() * 3;
  try {
    const index = yield* either(
      () => looseBarrier.wait(timeout),
      () => looseBarrier.waitAsync(timeout),
    );
    walker.expect(index === 0 || index === 1, `index ${index} of two`);
  } catch (error) {
    if (!(error instanceof BrokenBarrierError)) throw error;
  }
}

/** The end of a step: at some all meet, at a gate which one of them opens, or at a barrier. */
export function* meet(walker: Walker): Flow {
  const { plan, gates } = walker.world;
  const opener = plan.levels.get(walker.step);
  if (opener === undefined) return;
  if (opener === "barrier") return yield* meetAtBarrier(walker);
  const gate = gates.get(walker.step)!;
  if (opener === walker.place.actor) {
    walker.doing("setting an Event", walker.step);
    gate.set();
  }
  walker.doing("waiting for an Event", walker.step);
  const isOpen = yield* either(
    () => gate.wait(),
    () => gate.waitAsync(),
  );
  walker.expect(isOpen && gate.isSet(), "a gate that was passed is shut");
}

function* meetAtBarrier(walker: Walker): Flow {
  const { barrier, words } = walker.world;
  walker.doing("waiting at a Barrier", 0);
  Atomics.add(words, AT.ARRIVED + walker.step, 1);
  try {
    const index = yield* either(
      () => barrier.wait(),
      () => barrier.waitAsync(),
    );
    const arrived = Atomics.load(words, AT.ARRIVED + walker.step);
    walker.expect(arrived === barrier.parties, `${arrived} of ${barrier.parties} had come when it passed the barrier`);
    const bit = 1 << index;
    walker.expect((Atomics.or(words, AT.INDICES + walker.step, bit) & bit) === 0, `index ${index} was given out twice`);
  } catch (error) {
    if (!(error instanceof BrokenBarrierError)) throw error;
    walker.expect(walker.isDeadly, `a broken barrier, though nobody dies: ${error.message}`);
  }
}

// ---------------------------------------------------------------- threads

function* timer(walker: Walker): Flow {
  const { words } = walker.world;
  const { random } = walker;
  const at = AT.FIRED + walker.place.walker;
  const before = Atomics.load(words, at);
  walker.doing("starting a Timer");
  const it = new Timer(random.next() * 4, fire, [words, at]).start();
  const isCancelled = random.oneIn(2);
  if (random.oneIn(2)) yield* napping(random.next() * 4);
  if (isCancelled) {
    walker.doing("cancelling a Timer");
    it.cancel();
  }
  walker.doing("joining a Timer");
  yield* either(
    () => it.join(),
    () => it.joinAsync(),
  );
  const fired = Atomics.load(words, at) - before;
  walker.expect(isCancelled ? fired <= 1 : fired === 1, `a timer has fired ${fired} times`);
  walker.expect(it.finished.isSet() && !it.isAlive(), "a timer has ended, but not finished");
}

function* thread(walker: Walker): Flow {
  const kind = walker.random.one(CHILDREN);
  const n = walker.random.below(1000);
  walker.doing("starting a Thread");
  const it = new Thread({ target: child, args: [kind, n] }).start();
  walker.doing("joining a Thread");
  let end: unknown;
  try {
    end = yield* either(
      () => it.result(),
      () => it.resultAsync(),
    );
  } catch (error) {
    end = error;
  }
  walker.expect(isRightEnd(kind, n, end), `${kind} ${n} ended with ${String(end)}`);
  walker.expect(!it.isAlive(), "a thread is alive after its join");
}

function* local(walker: Walker): Flow {
  walker.doing("using a Local");
  const { local } = walker.world;
  const { actor } = walker.place;
  walker.expect(local.actor === undefined || local.actor === actor, `the Local of actor ${local.actor}`);
  local.actor = actor;
  yield* napping(0); // other tasks of this thread see the same one
  walker.expect(local.actor === actor, `the Local of actor ${local.actor}`);
}

// ---------------------------------------------------------------- all together

const QUICK = [lock, lock, lock, permit, permit, bell, looseBarrier, local];
const SLOW = [timer, thread];

/** One step, whatever it is. */
export function* anyStep(walker: Walker): Flow {
  const { plan } = walker.world;
  const { random, place } = walker;
  // Where takers wait without a limit, they take only, and others only put.
  const buffers = plan.takesForEver ? [isPutter(place.walker) ? put : take] : [put, take, take];
  // An RLock belongs to a thread: tasks have nothing to do with it.
  const steps = place.isTask && plan.reentrant ? QUICK : [...QUICK, ...buffers, ...buffers];
  yield* random.one(random.oneIn(12) ? SLOW : steps)(walker);
}

/** Does this walker fill buffers, in programs in which takers wait without a limit? */
export function isPutter(walker: number): boolean {
  return walker % 2 === 0;
}
