/** What a thread puts off until it has freed a lock. */
import {
  acquiringExclusively,
  block,
  Deadline,
  free,
  getIdent,
  SYNCHRONIZER_WORDS,
  tryAcquire,
  afterRelease,
} from "@x/core";
import { watchdog } from "@x/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

watchdog();

const OTHER = 9;

const words = new Int32Array(new SharedArrayBuffer(SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT));

beforeEach(() => void words.fill(0));
afterEach(() => void vi.restoreAllMocks());

it("what is put off is done once the lock is freed, in order, and not before", () => {
  const done: number[] = [];
  tryAcquire(words, 0);
  for (const task of [1, 2]) afterRelease(words, 0, () => done.push(task));
  expect(done).toEqual([]);
  expect(words[0]).toBe(getIdent() << 2); // no mark, which would have the release wake somebody
  free(words, 0);
  expect(done).toEqual([1, 2]);
  tryAcquire(words, 0);
  free(words, 0);
  expect(done).toEqual([1, 2]);
});

it("is done once this very lock is, and not at the release of another that this thread holds besides", () => {
  const done: number[] = [];
  const others = new Int32Array(new SharedArrayBuffer(words.byteLength));
  tryAcquire(words, 0);
  tryAcquire(others, 0);
  afterRelease(words, 0, () => done.push(1));
  afterRelease(others, 0, () => done.push(2));
  free(others, 0);
  expect(done).toEqual([2]);
  free(words, 0);
  expect(done).toEqual([2, 1]);
});

it("is done once also if one of the tasks does the others", () => {
  const done: number[] = [];
  tryAcquire(words, 0);
  afterRelease(words, 0, () => {
    done.push(1);
    tryAcquire(words, 0);
    free(words, 0);
  });
  for (const task of [2, 3]) afterRelease(words, 0, () => done.push(task));
  free(words, 0);
  expect(done).toEqual([1, 2, 3]);
});

it("is done when this thread goes back to its event loop, if another has freed it", async () => {
  const done: number[] = [];
  afterRelease(words, 0, () => done.push(1));
  await Promise.resolve();
  expect(done).toEqual([1]);
  for (const task of [2, 3]) afterRelease(words, 0, () => done.push(task));
  await Promise.resolve();
  expect(done).toEqual([1, 2, 3]);
});

it("takes one promise, however many are to be done before this thread goes back to its event loop", async () => {
  const promised = vi.spyOn(Promise, "resolve");
  const countOf = (): number => promised.mock.calls.length;
  for (let i = 0; i < 5; i++) afterRelease(words, 0, vi.fn());
  expect(countOf()).toBe(1);
  await new Promise((resolve) => void setImmediate(resolve));
  afterRelease(words, 0, vi.fn());
  expect(countOf()).toBe(2);
});

it("is done before this thread sleeps", () => {
  const done: number[] = [];
  afterRelease(words, 0, () => done.push(1));
  words[0] = OTHER << 2;
  expect(block(acquiringExclusively(words, 0, Deadline.after(1)), "test", "the twin")).toBe(false);
  expect(done).toEqual([1]);
});
