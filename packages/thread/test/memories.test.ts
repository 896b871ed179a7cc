import { newStoreMemory } from "@x/core/internal";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { Port } from "../src/platform/thread-platform.ts";
import {
  deposit,
  dropMemories,
  dropParcel,
  keepMemories,
  keptMemories,
  knows,
  letGo,
  letGoAll,
  memoriesFor,
} from "../src/supervisor/memories.ts";

type Numbered = readonly [number, SharedArrayBuffer];

const port = (): Port => ({}) as unknown as Port;
const plain = (number: number): Numbered => [number, new SharedArrayBuffer(4)];
const container = (number: number): Numbered => [number, newStoreMemory(4096)];
/** As a message with a handle of the container does it. */
const leave = ([, memory]: Numbered): unknown => Atomics.store(new Int32Array(memory, 0, 2), 1, 1);
const has = (number: number): boolean => memoriesFor(port(), [number]).length === 1;

afterEach(() => expect(keptMemories()).toBe(0));

describe("the memory that a stored value names", () => {
  it("is kept until the value is taken out", () => {
    const putter = port();
    const queue = container(1);
    keepMemories(putter, queue, [plain(2)]);
    expect(has(2)).toBe(true);
    dropMemories(1, [2]);
    expect(has(2)).toBe(false);
    letGoAll(putter);
  });

  it("is kept if the taker's message arrives before the putter's", () => {
    const putter = port();
    const queue = container(1);
    dropMemories(1, [2]);
    keepMemories(putter, queue, [plain(2)]);
    expect(has(2)).toBe(false);
    keepMemories(putter, queue, [plain(2)]);
    expect(has(2)).toBe(true);
    dropMemories(1, [2]);
    letGoAll(putter);
  });

  it("ends with its container, after all threads that had it have let it go or died", () => {
    const [putter, other] = [port(), port()];
    const [outer, inner] = [container(1), container(2)];
    keepMemories(putter, outer, [inner]);
    keepMemories(putter, inner, [plain(3)]);
    memoriesFor(other, [2]);
    dropMemories(1, [2]);
    letGo(putter, 1);
    letGo(putter, 2);
    expect(has(3)).toBe(true);
    letGoAll(other);
    expect(has(3)).toBe(false);
  });

  it("is kept while the thread that named its container has it", () => {
    const [maker, taker] = [port(), port()];
    const [outer, inner] = [container(1), container(2)];
    keepMemories(maker, outer, [inner]);
    memoriesFor(taker, [2]);
    dropMemories(1, [2]);
    keepMemories(taker, inner, [plain(3)]);
    letGoAll(taker);
    expect(has(3)).toBe(true);
    letGoAll(maker);
    expect(has(3)).toBe(false);
  });

  it("is kept while its container may be anywhere, because it left its thread in a message", () => {
    const putter = port();
    const queue = container(1);
    keepMemories(putter, queue, [plain(2)]);
    leave(queue);
    letGoAll(putter);
    expect(has(2)).toBe(true);
    dropMemories(1, [2]);
    expect(has(2)).toBe(false);
  });
});

describe("a parcel", () => {
  const objects = [new ArrayBuffer(1)];

  it("goes to the first thread that asks, and to no other", () => {
    const putter = port();
    const queue = container(1);
    deposit(putter, queue, { number: 2, objects });
    expect(knows([2])).toBe(true);
    expect(memoriesFor(port(), [2])).toEqual([[2, objects]]);
    expect(memoriesFor(port(), [2])).toEqual([]);
    letGoAll(putter);
  });

  it("is dropped with its item, even if two threads say so, or a thread has taken it", () => {
    const putter = port();
    const queue = container(1);
    deposit(putter, queue, { number: 2, objects });
    dropParcel(2);
    dropParcel(2);
    expect(has(2)).toBe(false);
    deposit(putter, queue, { number: 3, objects });
    expect(has(3)).toBe(true);
    dropParcel(3);
    letGoAll(putter);
  });

  it("ends with its queue, after all threads that had it have let it go or died", () => {
    const [putter, other] = [port(), port()];
    const queue = container(1);
    deposit(putter, queue, { number: 2, objects });
    deposit(other, queue, { number: 3, objects });
    letGo(putter, 1);
    expect(knows([2, 3])).toBe(true);
    letGoAll(other);
    expect(knows([2])).toBe(false);
  });
});

// ---------------------------------------------------------------- any order

interface Actor {
  client: Port;
  /** What the actor has: containers by number. */
  has: Map<number, Numbered>;
  /** The containers that the supervisor hears of when they are let go. */
  noted: Set<number>;
  /** Messages that the supervisor has not read, in order. */
  outbox: (() => void)[];
}

/** Threads that store, take and forget values at random; each thread's messages arrive in order, and late. */
class World {
  /** A container that all threads have from the start. */
  readonly root = container(1);
  readonly contents = new Map<number, Numbered[][]>([[1, []]]);
  readonly actors: Actor[];
  next = 2;

  constructor() {
    leave(this.root);
    this.actors = Array.from({ length: 3 }, () => this.actor());
  }

  actor(): Actor {
    return { client: port(), has: new Map([[1, this.root]]), noted: new Set(), outbox: [] };
  }

  flush(actor: Actor): void {
    for (const message of actor.outbox.splice(0)) message();
  }

  note(actor: Actor, memory: Numbered): void {
    if (!this.contents.has(memory[0])) return;
    actor.noted.add(memory[0]);
    actor.has.set(memory[0], memory);
  }

  make(actor: Actor): void {
    const made = container(this.next++);
    this.contents.set(made[0], []);
    actor.has.set(made[0], made);
  }

  /** A value names one of the containers made later, so that no circle comes about, and memory of the user. */
  put(actor: Actor, at: number): void {
    const into = [...actor.has.values()][at % actor.has.size]!;
    const named = [...actor.has.values()].filter(([number]) => number > into[0]).slice(-1);
    named.push(plain(this.next++));
    for (const memory of [into, ...named]) this.note(actor, memory);
    const { client } = actor;
    actor.outbox.push(() => keepMemories(client, into, named));
    this.contents.get(into[0])!.push(named);
  }

  take(actor: Actor, at: number): void {
    const from = [...actor.has.values()][at % actor.has.size]!;
    const value = this.contents.get(from[0])!.shift();
    if (value === undefined) return;
    const numbers = value.map(([number]) => number);
    const missing = numbers.filter((number) => !actor.has.has(number));
    if (memoriesFor(actor.client, missing).length < missing.length) for (const other of this.actors) this.flush(other);
    const fetched = memoriesFor(actor.client, missing);
    expect(fetched.map(([number]) => number)).toEqual(missing);
    for (const memory of value) this.note(actor, memory);
    actor.outbox.push(() => dropMemories(from[0], numbers));
  }

  forget(actor: Actor, at: number): void {
    const number = [...actor.has.keys()][at % actor.has.size]!;
    if (number === 1) return;
    actor.has.delete(number);
    const { client } = actor;
    if (actor.noted.delete(number)) actor.outbox.push(() => letGo(client, number));
  }

  die(actor: Actor): void {
    this.flush(actor);
    letGoAll(actor.client);
    this.actors[this.actors.indexOf(actor)] = this.actor();
  }
}

const ACTS = ["make", "put", "put", "take", "take", "forget", "flush", "die"] as const;

describe("threads that store, take and forget values in any order", () => {
  it("find all memory of the values that they take; nothing is kept in the end", () => {
    const step = fc.record({ act: fc.nat(ACTS.length - 1), actor: fc.nat(2), at: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        for (const { act, actor, at } of steps) world[ACTS[act]!](world.actors[actor]!, at);
        while (world.contents.get(1)!.length > 0) world.take(world.actors[0]!, 0);
        for (const actor of [...world.actors]) world.die(actor);
        expect(keptMemories()).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });
});
