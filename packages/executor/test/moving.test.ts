/**
 * Objects that move with a task or a result, and deaths. A thread dies before each of its stores in turn, and before
 * and after each of its messages to the keeper; then the next owner of the lock repairs the records.
 */
import { newStoreMemory, parcelIn, setMemoryKeeper } from "@x/core/internal";
import { type Life, MortalKeeper, watchdog } from "@x/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { INTEGER, type Payload, payloadOf, payloadOfArgs } from "../src/payload.ts";
import * as record from "../src/records.ts";
import { Records } from "../src/records.ts";
import { IDENT, SUBMITTER_BYTES } from "../src/submitters.ts";
import { EXECUTOR_BYTES, SUBMITTERS, WORD_BYTES } from "../src/words.ts";

watchdog();

const PLAIN_TASK = { callable: 1, priority: 0, timeout: -1, isNamed: false };

let keeper: MortalKeeper;
let memory: SharedArrayBuffer;
let words: Int32Array;
let owner: number;
let records: Records;

beforeEach(() => setMemoryKeeper((keeper = new MortalKeeper())));

/** An executor with one submitter. */
function begin(): void {
  words = new Int32Array(EXECUTOR_BYTES / WORD_BYTES);
  memory = newStoreMemory(1 << 16);
  keeper.parcels.clear();
  records = new Records(words, 0, memory);
  owner = records.store.allocate(SUBMITTER_BYTES);
  for (let i = 0; i < SUBMITTER_BYTES / WORD_BYTES; i++) records.set(owner, i, 0);
  records.set(owner, IDENT, 1);
  records.setHead(SUBMITTERS, owner);
}

/** Runs `act` in a thread with this life. Returns true if it died. */
function diesIn(life: Life, act: (records: Records) => void): boolean {
  return keeper.diesIn(life, (mortal) => {
    const dying = new Records(mortal(words), 0, memory);
    const { store } = dying as unknown as { store: { words: Int32Array } };
    store.words = mortal(store.words);
    act(dying);
  });
}

/** The parcels that tasks and results name. */
function named(of: Records): number[] {
  const parcels: number[] = [];
  for (const block of of.all()) {
    const state = of.word(block, record.STATE);
    if ((state !== record.PENDING && state !== record.VALUE) || of.kind(block) === INTEGER) continue;
    const bytes = new Uint8Array(of.length(block));
    of.read(block, bytes);
    const parcel = parcelIn(bytes);
    if (parcel !== undefined) parcels.push(parcel);
  }
  return parcels.sort();
}

/** The next owner repairs, and ends the task of the dead worker. */
function repaired(pinned: readonly number[] = []): Records {
  const next = new Records(words, 0, memory);
  next.repair(pinned);
  for (const block of next.all())
    if (next.word(block, record.STATE) === record.RUNNING) next.end(block, record.DIED, 7);
  return next;
}

/** The worker with this level has ended: no task, and nothing that moved with it, is left. */
function endPinned(of: Records, level: number): void {
  for (let task; (task = of.firstOf(level)) !== 0;) {
    of.dropPinned(task, 7);
    expect(of.word(task, record.STATE)).toBe(record.DIED);
    expect(of.word(task, record.MARKS) & record.SENT).toBe(record.SENT);
  }
  expect(keeper.parcels.size).toBe(0);
}

const moved = (pad: number): Payload => {
  const buffer = new ArrayBuffer(8);
  return payloadOf({ buffer, pad: "x".repeat(pad) }, "result", memory, [buffer]);
};

describe("the objects that move are with a task or a result, or dropped, wherever the thread dies", () => {
  it("in a submit", () => {
    let deaths = 0;
    for (let left = 0; ; left++) {
      begin();
      const buffer = new ArrayBuffer(8);
      const args = payloadOfArgs([buffer], memory, [buffer]);
      if (!diesIn({ left }, (dying) => void dying.add(PLAIN_TASK, args, owner))) break;
      deaths++;
      expect(named(repaired()), `after ${left} steps`).toEqual([...keeper.parcels]);
    }
    expect(deaths).toBeGreaterThan(20);
    expect(keeper.parcels.size).toBe(1);
  });

  it("in a submit to a worker with a link", () => {
    let deaths = 0;
    for (let left = 0; ; left++) {
      begin();
      const level = records.newLevel(0, 0);
      const buffer = new ArrayBuffer(8);
      const args = payloadOfArgs([buffer], memory, [buffer]);
      const task = { ...PLAIN_TASK, pinnedTo: level, sentTo: 7 };
      if (!diesIn({ left }, (dying) => void dying.add(task, args, owner))) break;
      deaths++;
      const next = repaired([level]);
      expect(named(next), `after ${left} steps`).toEqual([...keeper.parcels]);
      endPinned(next, level);
    }
    expect(deaths).toBeGreaterThan(20);
    expect(keeper.parcels.size).toBe(1);
  });

  it("as the worker of a task begins it, or has died before", () => {
    for (let left = 0; ; left++) {
      begin();
      const level = records.newLevel(0, 0);
      const buffer = new ArrayBuffer(8);
      const task = { ...PLAIN_TASK, pinnedTo: level, sentTo: 7 };
      const block = records.add(task, payloadOfArgs([buffer], memory, [buffer]), owner);
      const isDead = diesIn({ left }, (dying) => dying.begin(block, 0));
      const next = repaired([level]);
      endPinned(next, level);
      expect(next.word(block, record.STATE), `after ${left} steps`).toBe(record.DIED);
      expect(keeper.parcels.size).toBe(0);
      if (!isDead) break;
    }
  });

  it.each([
    ["fits into the block of the task", 0, 100],
    ["needs another block", 1000, 0],
  ])("as a worker hands over a result that %s", (_, pad, argument) => {
    let deaths = 0;
    for (let left = 0; ; left++) {
      begin();
      const args = payloadOfArgs(["x".repeat(argument)], memory);
      const task = records.add(PLAIN_TASK, args, owner);
      records.begin(task, 0);
      const result = moved(pad);
      if (!diesIn({ left }, (dying) => void dying.finish(task, record.VALUE, result))) break;
      deaths++;
      expect(named(repaired()), `after ${left} steps`).toEqual([...keeper.parcels]);
    }
    expect(deaths).toBeGreaterThan(10);
    expect(keeper.parcels.size).toBe(1);
  });

  it("in the repair of another death", () => {
    for (let left = 0; ; left++) {
      for (let repairs = 0; ; repairs++) {
        begin();
        const buffer = new ArrayBuffer(8);
        const args = payloadOfArgs([buffer], memory, [buffer]);
        if (!diesIn({ left }, (dying) => void dying.add(PLAIN_TASK, args, owner))) return;
        if (!diesIn({ left: repairs }, (dying) => dying.repair([]))) break;
        const next = repaired();
        for (const parcel of named(next)) expect(keeper.parcels.has(parcel)).toBe(true);
      }
    }
  });
});
