/** The bodies of explorer.test.ts, over bare Atomics. */
const wordsOf = (t) => new Int32Array(t.at(0).buffer);

export function loads(t, { times = 2 } = {}) {
  for (let time = 0; time < times; time++) Atomics.load(wordsOf(t), 0);
}

/** Adds 1, not atomically. */
export function increments(t, { plain = false } = {}) {
  const words = wordsOf(t);
  if (plain) words[0]++;
  else Atomics.store(words, 0, Atomics.load(words, 0) + 1);
}

/** Reads, then sleeps. `slow`: takes a step after the wake. */
export function sleeps(t, { timeout = Infinity, note, slow = false } = {}) {
  const words = wordsOf(t);
  if (Atomics.load(words, 0) !== 0) return;
  const woken = Atomics.wait(words, 0, 0, timeout);
  if (slow) t.work();
  if (note) t.add(note, 1);
  t.check(woken !== "timed-out" || t.now() >= 1000 + timeout, "timed out too early");
}

/** Changes the word, and wakes `n` waiters. */
export function wakes(t, { n = 1, changes = true } = {}) {
  const words = wordsOf(t);
  if (changes) Atomics.store(words, 0, 1);
  t.add("woken", Atomics.notify(words, 0, n));
}

export async function awaits(t, { timeout = Infinity } = {}) {
  const wait = Atomics.waitAsync(wordsOf(t), 0, 0, timeout);
  if (wait.async) t.add(await wait.value, 1);
}

/** Makes a promise, then blocks: the promise cannot run meanwhile. */
export async function awaitsAndSleeps(t) {
  const words = wordsOf(t);
  const wait = Atomics.waitAsync(words, 0, 0);
  if (wait.async) void wait.value.then(() => t.add("ran", 1));
  Atomics.wait(words, 1, 0);
  t.check(t.get("ran") === 0, "ran while its thread was blocked");
  await (wait.async && wait.value);
}

export function opens(t) {
  const words = wordsOf(t);
  Atomics.notify(words, 0);
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
}

export async function timers(t) {
  const order = [];
  await Promise.all([5, 3].map((ms) => new Promise((resolve) => setTimeout(() => resolve(order.push(ms)), ms))));
  t.check(order.join() === "3,5", "timers out of order");
  t.check(t.now() === 1005, `it is ${t.now()}`);
}

export async function aborts(t) {
  const signal = t.signal();
  const timer = new Promise((resolve) => setTimeout(resolve, 1));
  await Promise.race([timer, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
  if (signal.aborted) t.add("aborted", 1);
}

export function spins(t) {
  while (Atomics.load(wordsOf(t), 0) === 0);
}

export function throws() {
  throw new Error("out of order");
}

export async function rejects(t) {
  void Promise.reject(new Error("unhandled on purpose"));
  await undefined;
  t.work();
}

export function cleansUp(t) {
  const words = wordsOf(t);
  try {
    Atomics.store(words, 0, 1);
    Atomics.store(words, 0, 2);
  } finally {
    Atomics.store(words, 1, 1);
  }
}

/** Enters; with `after`, only after the death of the thread of this number. */
export function enters(t, { after } = {}) {
  if (after !== undefined && deathMonitor().deathOf(after) === undefined) return;
  t.work();
  t.check(t.add("inside", 1) === 1, "two are inside");
  t.work();
  t.work();
  t.add("inside", -1);
}

const deathMonitor = () => globalThis[Symbol.for("@x/core death monitor 1")].monitor;

/** Sleeps in a blocked wait until thread 2 dies. */
export function watches(t) {
  const words = wordsOf(t);
  const blockedWait = deathMonitor().registerBlockedWait("a word");
  if (deathMonitor().deathOf(2) !== undefined) return;
  blockedWait.enter({ words, index: 0 });
  Atomics.wait(words, 0, 0);
  blockedWait.leave();
  t.add("woken", 1);
  t.check(deathMonitor().deathOf(2) !== undefined, "woken though no thread died");
}

export function registersDeathAction(t) {
  const words = wordsOf(t);
  t.work();
  globalThis[Symbol.for("@x/core death actions 1")].sink({ words, index: 0, bits: 4 });
  Atomics.load(words, 1);
  Atomics.notify(words, 1);
}

let runs = 0;

/** Does something else in each run. */
export function whimsical(t) {
  Atomics.load(wordsOf(t), runs++ % 2);
  Atomics.load(wordsOf(t), 0);
}
