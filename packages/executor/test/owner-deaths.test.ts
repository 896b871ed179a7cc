/**
 * A thread dies while it holds the lock of an executor, before each of its stores in turn. The next owner of the lock
 * repairs, and looks for the dead: no task is lost, none is there twice, and the counts are right.
 */
import { getIdent } from "@x/core";
import { newStoreMemory, setMemoryKeeper } from "@x/core/internal";
import { LONG, MortalKeeper, watchdog } from "@x/testkit";
import { terminate, Thread } from "@x/thread";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { payloadOf, payloadOfArgs } from "../src/payload.ts";
import * as record from "../src/records.ts";
import { State } from "../src/state.ts";
import { ARRIVALS, NEXT_SUBMITTER } from "../src/submitters.ts";
import * as head from "../src/words.ts";
import * as worker from "../src/workers.ts";
import { newFlags } from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

const TASK = { callable: 1, priority: 0, timeout: -1, isNamed: false };
const MAX_WORKERS = 3;

let keeper: MortalKeeper;
let memory: SharedArrayBuffer;
let words: Int32Array;
let dead: number;

beforeAll(() => {
  const thread = new Thread({ target: w.stand, args: [newFlags(), 1] }).start();
  terminate(thread);
  thread.join(LONG);
  dead = thread.ident!;
});

beforeEach(() => setMemoryKeeper((keeper = new MortalKeeper())));

function newState(): State {
  return new State(words, 0, memory, () => undefined);
}

/** An executor with room for three workers. */
function begin(): State {
  words = new Int32Array(new SharedArrayBuffer(head.EXECUTOR_BYTES));
  memory = newStoreMemory(1 << 16);
  const state = newState();
  const { records } = state;
  records.setHead(head.MAX_WORKERS, MAX_WORKERS);
  for (const option of [head.MAX_PENDING, head.IDLE_MS, head.RECYCLE_AFTER]) records.setHead(option, head.NONE);
  records.setHead(head.TASKS_PER_WORKER, 8);
  records.setHead(head.WORKERS, records.store.allocate(worker.bytesOfWorkers(MAX_WORKERS)));
  for (let slot = 0; slot < MAX_WORKERS; slot++)
    for (let index = 0; index < worker.bytesOfWorkers(1) / 4; index++) state.setWorker(slot, index, 0);
  return state;
}

/** A worker with this ident. */
function hire(state: State, ident: number): number {
  const { slot } = state.reserve()!;
  state.begun(slot, { slot: 100 + slot, ident });
  return slot;
}

/** Runs `act` in the thread `dead`, which owns the lock and has this many stores to live. Returns true if it died. */
function diesAfter(left: number, act: (state: State) => void): boolean {
  return keeper.diesIn({ left }, (mortal) => {
    const dying = new State(mortal(words), 0, memory, () => undefined);
    const { store } = dying.records as unknown as { store: { words: Int32Array } };
    store.words = mortal(store.words);
    act(dying);
  });
}

/** Gives the lock to the thread that has died. */
function holdByDead(state: State): void {
  state.enter();
  words[head.LOCK] = (words[head.LOCK]! / getIdent()) * dead;
}

/** The next owner repairs, and buries the dead. */
function next(): State {
  const state = newState();
  state.locked(() => state.look());
  return state;
}

function listed(state: State): number[] {
  const { records } = state;
  const blocks: number[] = [];
  const NEXT = 3;
  const FIRST = 2;
  const NEXT_LEVEL = 1;
  const levels = [];
  for (let level = records.head(head.LEVELS); level !== 0; level = records.word(level, NEXT_LEVEL)) levels.push(level);
  for (let slot = 0; slot < MAX_WORKERS; slot++) levels.push(state.worker(slot, worker.PINNED));
  for (const level of levels)
    if (level !== 0)
      for (let block = records.word(level, FIRST); block !== 0; block = records.word(block, NEXT)) blocks.push(block);
  return blocks;
}

function arrived(state: State): number[] {
  const { records } = state;
  const blocks: number[] = [];
  for (let owner = records.head(head.SUBMITTERS); owner !== 0; owner = records.word(owner, NEXT_SUBMITTER))
    for (let block = records.word(owner, ARRIVALS); block !== 0; block = records.word(block, 3)) blocks.push(block);
  return blocks;
}

/** All that must hold when no thread is inside of the lock. Returns the state of each task, by id. */
function check(state: State, when: string, taken: number = 0): Map<number, number> {
  const { records } = state;
  const states = new Map<number, number>();
  const [pending, running, ended]: [number[], number[], number[]] = [[], [], []];
  const counts = { completed: 0, failed: 0, cancelled: 0 };
  let unpinned = 0;
  for (const block of records.all()) {
    const its = records.word(block, record.STATE);
    expect(states.has(records.word(block, record.ID)), `${when}: a task twice`).toBe(false);
    states.set(records.word(block, record.ID), its);
    if (its === record.PENDING) {
      pending.push(block);
      if ((records.word(block, record.MARKS) & 16) === 0) unpinned++;
    } else if (its === record.RUNNING) {
      running.push(block);
      const slot = records.word(block, record.WORKER);
      expect(state.isAlive(slot) && state.worker(slot, worker.IDENT) !== dead, `${when}: it runs nowhere`).toBe(true);
    } else {
      if ((records.word(block, record.MARKS) & record.KEPT) === 0) ended.push(block);
      counts[its === record.VALUE ? "completed" : its === record.CANCELLED ? "cancelled" : "failed"]++;
      if (its === record.DIED) expect(records.word(block, record.TIMEOUT), when).toBe(dead);
    }
  }
  expect(listed(state).sort(), `${when}: pending`).toEqual(pending.sort());
  expect(arrived(state).sort(), `${when}: arrivals`).toEqual(ended.sort());
  expect(records.head(head.PENDING), `${when}: PENDING`).toBe(unpinned);
  expect(records.head(head.RUNNING), `${when}: RUNNING`).toBe(running.length);
  const { completed, failed, cancelled } = counts;
  const total = records.head(head.COMPLETED) + records.head(head.FAILED) + records.head(head.CANCELLED);
  expect(total, `${when}: ended`).toBe(completed + failed + cancelled + taken);
  expect(records.head(head.ALIVE), `${when}: ALIVE`).toBe(state.slots().length);
  const idle: number[] = [];
  for (let slot = records.head(head.IDLE); slot !== 0; slot = state.worker(slot - 1, worker.NEXT_IDLE))
    idle.push(slot - 1);
  expect(idle.sort(), `${when}: idle`).toEqual(
    state.slots().filter((slot) => state.worker(slot, worker.PHASE) === worker.IDLE),
  );
  return states;
}

interface Scene {
  readonly state: State;
  readonly owner: number;
  /** The slot of the worker that dies. */
  readonly dying: number;
  /** The slot of a worker that lives. */
  readonly living: number;
  /** Two tasks that run on the worker that dies, one that runs on the other, and two that are pending. */
  readonly tasks: readonly number[];
}

function scene(): Scene {
  const state = begin();
  const owner = state.addSubmitter();
  const [dying, living] = [hire(state, dead), hire(state, getIdent())];
  const add = (): number => state.records.add(TASK, payloadOfArgs(["x".repeat(100)], memory), owner);
  const tasks = [add(), add(), add(), add(), add()];
  for (const [i, slot] of [dying, dying, living].entries()) state.records.begin(tasks[i]!, slot);
  return { state, owner, dying, living, tasks };
}

const short = () => payloadOf(7, "result", memory);
const long = () => payloadOf("y".repeat(1000), "result", memory);

interface Act {
  /** What an owner has done before. */
  readonly before?: (state: State, scene: Scene) => void;
  readonly act: (state: State, scene: Scene) => void;
  /** The tasks, by their places in the scene, that may leave the records. */
  readonly frees?: readonly number[];
}

/** What an owner does under the lock. */
const ACTS: Record<string, Act> = {
  "a submit": { act: ({ records }, { owner }) => void records.add(TASK, payloadOfArgs([1, "a"], memory), owner) },
  "a submit with a new priority": {
    act: ({ records }, { owner }) => void records.add({ ...TASK, priority: 3 }, payloadOfArgs([], memory), owner),
  },
  "a submit to one worker": {
    act: (state, { owner, living }) => {
      const pinnedTo = state.levelOfWorker(living);
      state.records.add({ ...TASK, pinnedTo }, payloadOfArgs([1], memory), owner);
      state.callPinned(living);
    },
  },
  "the begin of a task": { act: ({ records }, { tasks, dying }) => records.begin(tasks[3]!, dying) },
  "a short result": { act: ({ records }, { tasks }) => void records.finish(tasks[0]!, record.VALUE, short()) },
  "a long result": { act: ({ records }, { tasks }) => void records.finish(tasks[0]!, record.VALUE, long()) },
  "an error": { act: ({ records }, { tasks }) => void records.finish(tasks[0]!, record.ERROR, long()) },
  "a cancel": { act: (state, { tasks }) => state.cancel(tasks[3]!) },
  "a cancel of all": { act: (state) => void state.dropPending(record.CANCELLED) },
  "the look at deaths": { act: (state) => void state.look() },
  "the burial of a worker": { act: (state, { dying }) => state.bury(dying, dead) },
  "the break of the executor": { act: (state) => void state.breakBy(~dead) },
  "the rest of a worker": { act: (state, { dying }) => void state.idle(dying) },
  "the call of a worker": {
    act: (state, { living }) => {
      state.idle(living);
      state.callWorker();
    },
  },
  "the start of a worker": {
    act: (state) => {
      const reserved = state.reserve()!;
      state.started(reserved, dead);
      state.begun(reserved.slot, { slot: 150, ident: dead });
    },
  },
  "the arrival of results": {
    act: ({ records }, { owner, tasks }) => {
      records.finish(tasks[2]!, record.VALUE, short());
      records.free(records.takeArrival(owner));
    },
    frees: [2],
  },
  "the leave of a submitter": {
    before: ({ records }, { tasks }) => {
      records.set(tasks[1]!, record.READERS, 1);
      for (const task of [tasks[1]!, tasks[2]!]) records.finish(task, record.VALUE, short());
    },
    act: (state, { owner }) => {
      state.nameSubmitter(owner, ~getIdent());
      state.leaveSubmitter(owner);
    },
    frees: [0, 2],
  },
  "a result without its submitter": {
    before: (state, { owner }) => state.nameSubmitter(owner, 0),
    act: ({ records }, { tasks }) => void records.finish(tasks[2]!, record.VALUE, long()),
    frees: [0, 1, 2],
  },
  "a result for another thread than its submitter": {
    before: (state, { owner, tasks }) => {
      state.nameSubmitter(owner, 0);
      state.records.set(tasks[2]!, record.READERS, 1);
    },
    act: ({ records }, { tasks }) => void records.finish(tasks[2]!, record.VALUE, long()),
    frees: [0, 1],
  },
};

describe("a thread that dies while it holds the lock loses no task, and no count", () => {
  it.each(Object.keys(ACTS))("in %s", (name) => {
    const { before, act, frees = [] } = ACTS[name]!;
    for (let left = 0; ; left++) {
      const its = scene();
      const { state, tasks } = its;
      const ids = tasks.map((task) => state.records.word(task, record.ID));
      before?.(state, its);
      holdByDead(state);
      const hasDied = diesAfter(left, (dying) => act(dying, its));
      const after = next();
      const freed = ids.filter(
        (id) => ![...after.records.all()].some((block) => after.records.word(block, record.ID) === id),
      );
      const states = check(after, `after ${left} stores`, freed.length);
      for (const id of freed) expect(frees, `after ${left} stores`).toContain(ids.indexOf(id));
      // Both tasks of the dead worker have ended.
      for (const id of ids.slice(0, 2)) expect(states.get(id)).not.toBe(record.RUNNING);
      // And the executor goes on.
      expect(after.records.add(TASK, payloadOfArgs([], memory), its.owner)).not.toBe(0);
      check(after, `after ${left} stores, and a submit`, freed.length);
      if (!hasDied) return expect(left).toBeGreaterThan(2);
    }
  });

  it.each(["a long result", "a cancel", "the burial of a worker"])(
    "in %s, if the next owner dies in its repair",
    (name) => {
      for (let left = 0; ; left++) {
        for (let repairs = 0, hasDied = true; hasDied; repairs++) {
          const its = scene();
          const ids = its.tasks.map((task) => its.state.records.word(task, record.ID));
          holdByDead(its.state);
          if (!diesAfter(left, (dying) => ACTS[name]!.act(dying, its))) return expect(left).toBeGreaterThan(2);
          hasDied = diesAfter(repairs, (dying) => {
            dying.records.repair([]);
            dying.look();
          });
          const states = check(next(), `after ${left} stores, and ${repairs} of the repair`);
          for (const id of ids) expect(states.has(id)).toBe(true);
          for (const id of ids.slice(0, 2)) expect(states.get(id)).not.toBe(record.RUNNING);
        }
      }
    },
  );
});
