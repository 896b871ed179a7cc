/** Deferred work: a thread runs it after it has released a lock. */
import { block, Deadline, getIdent } from "@x/core";
import { acquiringExclusively, release, SYNCHRONIZER_WORDS, tryAcquire, afterRelease } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

watchdog();

const OTHER = 9;

const words = new Int32Array(new SharedArrayBuffer(SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT));

beforeEach(() => void words.fill(0));
afterEach(() => void vi.restoreAllMocks());

it("deferred tasks run after the release, in order, once", () => {
  const done: number[] = [];
  tryAcquire(words, 0);
  for (const task of [1, 2]) afterRelease(words, 0, () => done.push(task));
  expect(done).toEqual([]);
  expect(words[0]).toBe(getIdent() << 2); // no mark: with one, the release would look for a waiter to wake
  release(words, 0);
  expect(done).toEqual([1, 2]);
  tryAcquire(words, 0);
  release(words, 0);
  expect(done).toEqual([1, 2]);
});

it("deferred tasks wait for the release of their own lock, not of another lock of this thread", () => {
  const done: number[] = [];
  const others = new Int32Array(new SharedArrayBuffer(words.byteLength));
  tryAcquire(words, 0);
  tryAcquire(others, 0);
  afterRelease(words, 0, () => done.push(1));
  afterRelease(others, 0, () => done.push(2));
  release(others, 0);
  expect(done).toEqual([2]);
  release(words, 0);
  expect(done).toEqual([2, 1]);
});

it("each deferred task runs once, even if one of them releases the lock again", () => {
  const done: number[] = [];
  tryAcquire(words, 0);
  afterRelease(words, 0, () => {
    done.push(1);
    tryAcquire(words, 0);
    release(words, 0);
  });
  for (const task of [2, 3]) afterRelease(words, 0, () => done.push(task));
  release(words, 0);
  expect(done).toEqual([1, 2, 3]);
});

it("deferred tasks run when this thread returns to its event loop, if another thread released the lock", async () => {
  const done: number[] = [];
  afterRelease(words, 0, () => done.push(1));
  await Promise.resolve();
  expect(done).toEqual([1]);
  for (const task of [2, 3]) afterRelease(words, 0, () => done.push(task));
  await Promise.resolve();
  expect(done).toEqual([1, 2, 3]);
});

it("one promise serves all deferred tasks until this thread returns to its event loop", async () => {
  const promised = vi.spyOn(Promise, "resolve");
  const countOf = (): number => promised.mock.calls.length;
  for (let i = 0; i < 5; i++) afterRelease(words, 0, vi.fn());
  expect(countOf()).toBe(1);
  await new Promise((resolve) => void setImmediate(resolve));
  afterRelease(words, 0, vi.fn());
  expect(countOf()).toBe(2);
});

it("deferred tasks run before this thread sleeps", () => {
  const done: number[] = [];
  afterRelease(words, 0, () => done.push(1));
  words[0] = OTHER << 2;
  // Long enough for a busy machine: if the deadline came before the first check, no thread would sleep.
  expect(block(acquiringExclusively(words, 0, Deadline.after(100)), "test", "the twin")).toBe(false);
  expect(done).toEqual([1]);
});
