/**
 * A thread dies in a call of a queue, before each of its stores in turn: while it holds the lock, and before and after.
 * Then other threads go on. No item is lost but one in the hands of the dead, none is there twice, the counts are right,
 * and no thread sleeps beside what it waits for.
 */
import { Deadline, getIdent, type Steps, type Wait } from "@x/core";
import { memoryNamesIn, parcelIn, setMemoryKeeper, wordsOf } from "@x/core/internal";
import { type Life, LONG, MortalKeeper, watchdog } from "@x/testkit";
import { terminate, Thread } from "@x/thread";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Full, ShutDown } from "../src/errors.ts";
import { arrived, itemOf, type Taken } from "../src/item.ts";
import { GETS, type Items, PUTS } from "../src/items.ts";
import { LifoQueue } from "../src/lifo-queue.ts";
import { PriorityQueue } from "../src/priority-queue.ts";
import { QueueState } from "../src/queue-state.ts";
import * as w from "../src/queue-words.ts";
import { Queue } from "../src/queue.ts";
import { awaitDeath } from "./deaths.workers.mjs";

watchdog();

/** Its number, or a list with it at first. The number is the priority, too. */
type Item = number | readonly [number, ...unknown[]];
type Any = Queue<Item>;
type Class = typeof Queue;

/** The private parts of a queue. */
interface Inside {
  words: Int32Array;
  readonly at: number;
  readonly memory: SharedArrayBuffer;
  readonly state: Omit<QueueState, "words" | "waiting" | "items"> & {
    words: Int32Array;
    waiting: QueueState["waiting"];
    readonly items: ItemsInside;
  };
  joining(deadline: Deadline): Steps<boolean>;
}

interface ItemsInside extends Pick<Items, "take"> {
  words: Int32Array;
  readonly store: { words: Int32Array; head: Int32Array };
  blocks(): number[];
  read(block: number, more: number): Taken;
  moreOf(block: number): number;
}

const inside = (queue: Any): Inside => queue as unknown as Inside;

let keeper: MortalKeeper;
let dead: number;

beforeAll(() => {
  const thread = new Thread({ target: awaitDeath }).start();
  terminate(thread);
  thread.join(LONG);
  dead = thread.ident!;
});

beforeEach(() => setMemoryKeeper((keeper = new MortalKeeper())));

// ---------------------------------------------------------------- threads that wait

const STOPPED = new Error("the steps are known");

/** The steps by which a put or a get waits, at their beginning. */
function stepsOf(queue: Any, call: (queue: Any) => void): Steps<unknown> {
  const { state } = inside(queue);
  const original = QueueState.prototype.waiting.bind(state);
  let steps: Steps<unknown> | undefined;
  state.waiting = (...args) => {
    steps = original(...args);
    throw STOPPED;
  };
  try {
    call(queue);
  } catch (error) {
    if (error !== STOPPED) throw error;
  } finally {
    state.waiting = original;
  }
  return steps!;
}

const joining = (queue: Any): Steps<unknown> => inside(queue).joining(Deadline.NEVER);

/** A thread that waits, and lives. */
class Sleeper {
  #wait: Wait | undefined;
  /** A result or an error. */
  result: unknown;

  constructor(
    readonly gate: w.Gate,
    private readonly steps: Steps<unknown>,
    /** The number of the item that it puts. */
    readonly puts = 0,
  ) {
    this.wake();
  }

  get isAsleep(): boolean {
    return this.#wait !== undefined;
  }

  /** Would it wake, because its word has changed? */
  get isCalled(): boolean {
    const { words, index, value } = this.#wait!;
    return Atomics.load(words, index) !== value;
  }

  wake(): void {
    this.#wait = undefined;
    try {
      const step = this.steps.next("ok");
      if (step.done === true) this.result = step.value;
      else this.#wait = step.value;
    } catch (error) {
      this.result = error;
    }
  }
}

// ---------------------------------------------------------------- scenes

interface Scene {
  readonly queue: Any;
  readonly sleepers: Sleeper[];
  /** The numbers of all items that were put for certain, in order. */
  readonly put: number[];
  /** And of those that came out. */
  readonly got: number[];
  done: number;
}

/** An item that names it is counted by the keeper, because its getter asks for it. */
const MEMORY = new SharedArrayBuffer(8);

const numberOf = (item: Item): number => (typeof item === "number" ? item : item[0]);

function scene(Class: Class, maxsize = 0): Scene {
  keeper.parcels.clear();
  keeper.uses.clear();
  return { queue: new Class<Item>(maxsize, { maxBytes: 1 << 16 }), sleepers: [], put: [], got: [], done: 0 };
}

function put({ queue, put: all }: Scene, item: Item): void {
  queue.put(item);
  all.push(numberOf(item));
}

function putMoved({ queue, put: all }: Scene, number: number): void {
  const buffer = new ArrayBuffer(number);
  queue.putMoved([number, buffer], [buffer]);
  all.push(number);
}

function sleepsInGet({ queue, sleepers }: Scene): void {
  const steps = stepsOf(queue, (mine) => mine.get());
  sleepers.push(new Sleeper(w.GETS_GATE, steps));
}

function sleepsInPut({ queue, sleepers }: Scene, number: number): void {
  const steps = stepsOf(queue, (mine) => mine.put([number, "late"]));
  sleepers.push(new Sleeper(w.PUTS_GATE, steps, number));
}

function sleepsInJoin({ queue, sleepers }: Scene): void {
  sleepers.push(new Sleeper(w.JOINS_GATE, joining(queue)));
}

const SCENES = {
  "a queue with items": (Class: Class) => {
    const its = scene(Class);
    for (const item of [3, [1, "x".repeat(100)], 4, [2, MEMORY]] as Item[]) put(its, item);
    putMoved(its, 6);
    sleepsInJoin(its);
    return its;
  },
  "a queue with items that move": (Class: Class) => {
    const its = scene(Class);
    for (const number of [9, 6, 11]) putMoved(its, number);
    put(its, 8);
    sleepsInJoin(its);
    return its;
  },
  "a queue as large as its index": (Class: Class) => {
    const its = scene(Class);
    for (const number of [17, 3]) put(its, number);
    its.got.push(numberOf(its.queue.get()));
    for (let number = 4; number < 11; number++) put(its, [number, MEMORY]);
    expect(its.queue.qsize()).toBe(8);
    return its;
  },
  "an empty queue": (Class: Class) => {
    const its = scene(Class);
    put(its, 1);
    its.got.push(numberOf(its.queue.get()));
    sleepsInGet(its);
    sleepsInGet(its);
    sleepsInJoin(its);
    return its;
  },
  "a full queue": (Class: Class) => {
    const its = scene(Class, 2);
    for (const item of [1, [2, MEMORY]] as Item[]) put(its, item);
    sleepsInPut(its, 21);
    sleepsInPut(its, 22);
    sleepsInJoin(its);
    return its;
  },
};

type SceneName = keyof typeof SCENES;

interface Act {
  /** Where it happens. */
  readonly in: readonly SceneName[];
  /** It dies while it drops objects: those of one item stay. */
  readonly drops?: boolean;
  /** What the thread does. If it takes `begin`, it lives until it calls it. */
  readonly act: (queue: Any, begin: () => void, scene: Scene) => void;
  /** The number of the item that it puts. */
  readonly puts?: number;
  /** How many items it takes. */
  readonly takes?: number;
  /** How many tasks it ends. */
  readonly ends?: number;
}

const WITH_ITEMS = ["a queue with items", "a queue as large as its index", "a full queue"] as const;
const WITH_ROOM = ["a queue with items", "a queue as large as its index", "an empty queue"] as const;
const ALL: readonly SceneName[] = Object.keys(SCENES) as SceneName[];

/** Not `expect`, which would catch a death. */
function refusedBy(Class: new (message: string) => Error, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Class)) throw error;
  }
}

const ACTS: Record<string, Act> = {
  "a put": { in: WITH_ROOM, puts: 12, act: (queue) => queue.put([12, "z".repeat(60)]) },
  "a put of memory": { in: WITH_ROOM, puts: 12, act: (queue) => queue.put([12, MEMORY]) },
  "a put of an integer": { in: WITH_ROOM, puts: 0, act: (queue) => queue.put(0) }, // before all others in a heap
  "a put of an object that moves": {
    in: WITH_ROOM,
    puts: 12,
    act: (queue) => {
      const buffer = new ArrayBuffer(8);
      queue.putMoved([12, buffer], [buffer]);
    },
  },
  "a put that finds no room": {
    in: ["a full queue"],
    act: (queue) => refusedBy(Full, () => queue.putNowait(12)),
  },
  "a put that falls asleep": {
    in: ["a full queue"],
    act: (queue) => void stepsOf(queue, (mine) => mine.put(12)).next(),
  },
  "a put that has slept": {
    in: ["a full queue"],
    puts: 12,
    act: (queue, begin, its) => {
      const steps = stepsOf(queue, (mine) => mine.put([12]));
      steps.next();
      its.got.push(numberOf(its.queue.get()));
      begin();
      steps.next();
    },
  },
  "a put that gives up": {
    in: ["a full queue"],
    act: (queue, begin, its) => {
      const steps = stepsOf(queue, (mine) => mine.put(12));
      steps.next();
      its.got.push(numberOf(its.queue.get()));
      begin();
      steps.return(undefined);
    },
  },
  "a get": { in: [...WITH_ITEMS, "a queue with items that move"], takes: 1, act: (queue) => void queue.get() },
  "a get of many": { in: WITH_ITEMS, takes: 2, act: (queue) => void queue.getMany(2) },
  "a get that falls asleep": {
    in: ["an empty queue"],
    act: (queue) => void stepsOf(queue, (mine) => mine.get()).next(),
  },
  "a get that has slept": {
    in: ["an empty queue"],
    takes: 1,
    act: (queue, begin, its) => {
      const steps = stepsOf(queue, (mine) => mine.get());
      steps.next();
      put(its, [7]);
      begin();
      steps.next();
    },
  },
  "a get that gives up": {
    in: ["an empty queue"],
    act: (queue, begin, its) => {
      const steps = stepsOf(queue, (mine) => mine.get());
      steps.next();
      put(its, [7]);
      begin();
      steps.return(undefined);
    },
  },
  "the end of a task": { in: ALL, ends: 1, act: (queue) => queue.taskDone() },
  "the end of all tasks": {
    in: ["a queue with items", "an empty queue"],
    ends: 5,
    act: (queue, begin, its) => {
      begin();
      queue.taskDone(its.queue.unfinishedTasks);
    },
  },
  "a join": { in: ALL, act: (queue) => void joining(queue).next() },
  "a larger limit": { in: ["a full queue"], act: (queue) => (queue.maxsize = 4) },
  "no limit": { in: ["a full queue"], act: (queue) => (queue.maxsize = 0) },
  "a shutdown": { in: ALL, act: (queue) => queue.shutdown() },
  "an immediate shutdown": { in: ALL, drops: true, act: (queue) => queue.shutdown(true) },
};

const CASES = Object.entries(ACTS).flatMap(([name, act]) => act.in.map((place) => [name, place] as const));

// ---------------------------------------------------------------- deaths

/**
 * Runs `act` on the queue in a thread with so many stores to live. Returns true if it died; then a lock that it held
 * belongs to a dead thread.
 */
function diesAfter(left: number, queue: Any, act: Act["act"], its?: Scene): boolean {
  const life: Life = { left: Infinity };
  const Class = queue.constructor as Class;
  const hasDied = keeper.diesIn(life, (mortal) => {
    const dying = Class.from<Item>(queue.share());
    const mine = inside(dying);
    const words = mortal(mine.words);
    const { state } = mine;
    state.items.store.head = state.items.words = state.words = mine.words = words;
    state.items.store.words = mortal(state.items.store.words);
    const begin = (): void => void (life.left = left);
    if (act.length < 2) begin();
    act(dying, begin, its!);
  });
  const { words, at } = wordsOf(queue);
  const lock = words[at + w.LOCK]!;
  if (lock >> MARKS === getIdent()) words[at + w.LOCK] = lock + ((dead - getIdent()) << MARKS);
  return hasDied;
}

/** The number of bits below the ident of the lock's owner. */
const MARKS = 2;

const word = (queue: Any, index: number): number => inside(queue).words[inside(queue).at + index]!;

/** The bytes of the items that have any. */
function bytesOf(queue: Any): Uint8Array[] {
  const { items } = inside(queue).state;
  return items.blocks().flatMap((block) => items.read(block, items.moreOf(block)).bytes ?? []);
}

/** The parcels that the items name. */
function named(queue: Any): number[] {
  return bytesOf(queue).flatMap((bytes) => parcelIn(bytes) ?? []);
}

/** How many items name shared memory, and how many the keeper counts. */
function usesOf(queue: Any): [named: number, counted: number] {
  const sum = (counts: Iterable<number>): number => [...counts].reduce((one, other) => one + other, 0);
  return [sum(bytesOf(queue).map((bytes) => memoryNamesIn(bytes).length)), sum(keeper.uses.values())];
}

function noteResults(its: Scene): void {
  const { queue, sleepers, put: all, got: out } = its;
  for (const sleeper of sleepers) {
    if (sleeper.isAsleep || sleeper.result === undefined) continue;
    if (sleeper.gate === w.PUTS_GATE && sleeper.result === true) all.push(sleeper.puts);
    if (sleeper.gate === w.GETS_GATE && !(sleeper.result instanceof Error))
      out.push(numberOf(itemOf<Item>(arrived(sleeper.result as Taken, inside(queue).memory))));
    if (sleeper.result instanceof Error) expect(sleeper.result).toBeInstanceOf(ShutDown);
    sleeper.result = undefined;
  }
}

/** As the supervisor does after a death: wakes all threads that sleep. */
function wakeAll(its: Scene): void {
  for (const sleeper of its.sleepers) if (sleeper.isAsleep) sleeper.wake();
  noteResults(its);
}

/** All that must hold after a thread has entered since the death. */
function check({ queue, sleepers }: Scene, when: string): void {
  const size = word(queue, w.ITEMS + PUTS) - word(queue, w.ITEMS + GETS);
  const isShut = queue.isShutdown;
  expect(word(queue, w.LOCK) >> 2, `${when}: the lock`).toBe(0);
  expect(queue.qsize(), `${when}: size`).toBe((word(queue, w.FLAGS) & w.IMMEDIATE) === 0 ? size : 0);
  for (const gate of [w.GETS_GATE, w.PUTS_GATE, w.JOINS_GATE]) {
    const asleep = sleepers.filter((sleeper) => sleeper.isAsleep && sleeper.gate === gate);
    expect(word(queue, gate[1]), `${when}: the count of sleepers`).toBeGreaterThanOrEqual(asleep.length);
    if (asleep.length === 0) continue;
    if (gate === w.GETS_GATE) expect([size, isShut], `${when}: a getter sleeps`).toEqual([0, false]);
    if (gate === w.PUTS_GATE) expect([queue.full(), isShut], `${when}: a putter sleeps`).toEqual([true, false]);
    if (gate === w.JOINS_GATE) expect(queue.unfinishedTasks, `${when}: a joiner sleeps`).toBeGreaterThan(0);
  }
}

/** A thread calls one of those who wait at this gate, who then goes on. */
function callsOne(its: Scene, gate: w.Gate, when: string): void {
  const asleep = its.sleepers.filter((sleeper) => sleeper.gate === gate && sleeper.isAsleep);
  if (asleep.length === 0) return;
  const sleeper = asleep[0]!;
  expect(sleeper.isCalled, `${when}: a sleeper is called`).toBe(true);
  sleeper.wake();
  expect(sleeper.isAsleep, `${when}: a sleeper goes on`).toBe(false);
  noteResults(its);
}

/** Items come out in the order of their queue. `last` is put last, if it is there. */
function expectOrder(
  { queue, put: all }: Scene,
  came: readonly number[],
  last: number | undefined,
  when: string,
): void {
  const byPuts = [...all, ...(last === undefined ? [] : [last])].filter((number) => came.includes(number));
  const isHeap = queue instanceof PriorityQueue;
  const order = isHeap ? byPuts.sort((a, b) => a - b) : queue instanceof LifoQueue ? byPuts.reverse() : byPuts;
  expect(came, `${when}: order`).toEqual(order);
}

/** Other threads use the queue up. */
function useUp(its: Scene, when: string, { puts, takes = 0, ends = 0 }: Act, hasDied: boolean): void {
  const { queue, sleepers, put: all, got: out } = its;
  const isAsleep = (gate: w.Gate): boolean => sleepers.some((sleeper) => sleeper.isAsleep && sleeper.gate === gate);
  for (let number = 50; isAsleep(w.GETS_GATE); number++) {
    put(its, number);
    callsOne(its, w.GETS_GATE, when);
  }
  const { items } = inside(queue).state;
  const { isImmediate } = inside(queue).state;
  const came: number[] = [];
  while (!isImmediate && queue.qsize() > 0) {
    if (items.blocks().length > 0 && named(queue).length > 0) {
      // The simulated keeper has no objects, so nothing could decode the item.
      const { state } = inside(queue);
      state.enter("queue");
      const taken = items.take(false) as Taken;
      state.exitAndWake(w.PUTS_GATE);
      came.push(numberOf(itemOf<Item>(arrived(taken, inside(queue).memory))));
    } else came.push(numberOf(queue.getNowait()));
    callsOne(its, w.PUTS_GATE, when);
  }
  out.push(...came);
  if (!its.sleepers.some((sleeper) => sleeper.gate === w.PUTS_GATE)) expectOrder(its, came, puts, when);
  check(its, `${when}, and all gets`);
  // A put of the dead thread is there if its item has come out.
  if (puts !== undefined && (out.includes(puts) || (isImmediate && word(queue, w.ITEMS + PUTS) > all.length)))
    all.push(puts);
  expect(word(queue, w.ITEMS + PUTS), `${when}: PUTS`).toBe(all.length);
  if (!isImmediate) {
    expect(new Set(out).size, `${when}: an item came twice`).toBe(out.length);
    const lost = all.filter((number) => !out.includes(number));
    expect(word(queue, w.ITEMS + GETS), `${when}: GETS`).toBe(all.length);
    expect(
      out.filter((number) => !all.includes(number)),
      `${when}: an item from nowhere`,
    ).toEqual([]);
    if (hasDied) expect(lost.length, `${when}: items are lost`).toBeLessThanOrEqual(takes);
    else expect(lost.length, `${when}: items are lost`).toBe(takes);
    if (!hasDied && puts !== undefined) expect(out).toContain(puts);
  }
  const done = word(queue, w.DONE) - its.done;
  expect([0, ends].includes(done) || (ends === 5 && done > 0), `${when}: DONE`).toBe(true);
  const unfinished = queue.unfinishedTasks;
  expect(unfinished, `${when}: unfinished`).toBe(word(queue, w.ITEMS + (isImmediate ? GETS : PUTS)) - its.done - done);
  if (unfinished > 0) queue.taskDone(unfinished);
  for (const sleeper of sleepers.filter((one) => one.gate === w.JOINS_GATE && one.isAsleep)) {
    expect(sleeper.isCalled, `${when}: a joiner is called`).toBe(true);
    sleeper.wake();
    expect(sleeper.isAsleep).toBe(false);
  }
  queue.shutdown();
  expect(
    sleepers.filter((sleeper) => sleeper.isAsleep && !sleeper.isCalled),
    `${when}: all are called`,
  ).toEqual([]);
}

/** A thread acquires the lock, repairs what a dead owner has left, and releases the lock. */
function enter(queue: Any): void {
  const { state } = inside(queue);
  state.enter("queue");
  state.exit();
}

/**
 * Other threads go on.
 *
 * @param deaths how many threads have died. A repair, or a thread that drops objects, leaves behind those of one item if it dies
 */
function goOn(its: Scene, when: string, act: Act, deaths: number): void {
  const { queue } = its;
  wakeAll(its);
  enter(queue);
  check(its, when);
  const parcels = inside(queue).state.isImmediate ? [] : named(queue);
  expect([...keeper.parcels], `${when}: parcels`).toEqual(expect.arrayContaining(parcels));
  const left = deaths - (act.drops === true ? 0 : 1);
  expect(keeper.parcels.size - parcels.length, `${when}: parcels without an item`).toBeLessThanOrEqual(
    Math.max(0, left),
  );
  const [uses, counted] = usesOf(queue);
  if (deaths === 0) expect(counted, `${when}: uses of memory`).toBe(uses);
  else expect(counted, `${when}: uses of memory`).toBeGreaterThanOrEqual(uses);
  useUp(its, when, act, deaths > 0);
}

describe.each([
  ["Queue", Queue],
  ["LifoQueue", LifoQueue],
  ["PriorityQueue", PriorityQueue as unknown as Class],
] as const)("a thread that dies in a call of a %s", (_, Class) => {
  it.each(CASES)("in %s to %s, before any of its stores", (name, place) => {
    const act = ACTS[name]!;
    for (let left = 0; ; left++) {
      const its = SCENES[place](Class);
      const hasDied = diesAfter(left, its.queue, act.act, its);
      goOn(its, `after ${left} stores`, act, hasDied ? 1 : 0);
      if (!hasDied) return expect(left).toBeGreaterThan(1);
    }
  });

  it.each(CASES)("in %s to %s, and in the repair after it", (name, place) => {
    const act = ACTS[name]!;
    for (let left = 0; ; left++) {
      for (let more = 0, hasDied = true; hasDied; more++) {
        const its = SCENES[place](Class);
        if (!diesAfter(left, its.queue, act.act, its)) return;
        hasDied = diesAfter(more, its.queue, enter);
        goOn(its, `after ${left} stores, and ${more} of the next owner`, act, hasDied ? 2 : 1);
      }
    }
  });
});

describe("a thread that waits for the end of all tasks", () => {
  it("goes on though the thread that ended them died before it woke it, and a task has come since", () => {
    for (let left = 0; ; left++) {
      const its = SCENES["an empty queue"](Queue);
      const hasDied = diesAfter(left, its.queue, (queue) => queue.taskDone());
      const isDone = word(its.queue, w.DONE) === 1;
      put(its, 8);
      wakeAll(its);
      const [joiner] = its.sleepers.filter((sleeper) => sleeper.gate === w.JOINS_GATE);
      expect(joiner!.isAsleep, `after ${left} stores`).toBe(!isDone);
      if (!hasDied) return expect(left).toBeGreaterThan(2);
    }
  });
});
