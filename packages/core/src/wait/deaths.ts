/**
 * The deaths of the process: one bit per ident. An end without an error is no death.
 *
 * A thread shares this memory with all its descendants, so a death is known beyond the supervisor
 * that saw it. The memory grows: idents are never used again, and a lock of a dead owner may be
 * acquired at any time.
 *
 * Words
 *   COUNT   the number of deaths so far; threads wait here for the next death
 *   BITS    then one bit for each ident: its thread has died
 *
 * The bit is set before the death is counted:
 *     // T1 reads COUNT; T2 dies; T1 reads T2's bit, finds T2 alive, and waits for COUNT to change:
 *     // the change comes after the bit, so T1 wakes and sees it.
 */
import { IDENT_MAX } from "../identity.js";
import { platform } from "../platform/index.js";
import { globalSlot } from "../global-slot.js";
import { awaitChange } from "./wait-async.js";
import { wakeSleepers } from "./wake.js";

const KEY = "@x/core deaths 1";

const COUNT = 0;
const BITS = 1;

/** 4 KiB: the memory grows in steps of a page. */
const STEP_BYTES = 4 << 10;

/**
 * The first ident of threads whose main thread is a foreign worker. They are few; all other threads
 * have seven times as many idents, from 0 on. So of every eight words, seven hold the bits of
 * idents below this one, and the eighth holds the bits of idents from it on: neither range has to
 * reserve memory for the other.
 */
export const FIRST_OF_WORKERS: number = ((IDENT_MAX + 1) / 8) * 7;
const LOW_WORDS = 7;
const ALL_WORDS = 8;

const dead = globalSlot("deaths 1", () => ({
  words: platform.workersGetEnvironmentData ? memoryOfProcess() : undefined,
}));

/**
 * Makes this thread know of deaths. `@x/thread` calls it in browsers, where a thread gets the
 * environment data of its program after its modules are evaluated.
 */
export function learnDeaths(): void {
  dead.words ??= memoryOfProcess();
}

/** The memory of an ancestor, or new memory for this thread and its descendants. */
function memoryOfProcess(): Int32Array {
  const existing = platform.getEnvironmentData(KEY) as SharedArrayBuffer | undefined;
  const memory = existing ?? new SharedArrayBuffer(STEP_BYTES, { maxByteLength: (IDENT_MAX + 1) / 8 + STEP_BYTES });
  if (existing === undefined) platform.setEnvironmentData(KEY, memory);
  return new Int32Array(memory);
}

/** Can this thread know of deaths? Not in a browser, until {@link learnDeaths}. */
export function knowsDeaths(): boolean {
  return dead.words !== undefined;
}

/** The number of deaths so far. */
export function deathCount(): number {
  return dead.words === undefined ? 0 : Atomics.load(dead.words, COUNT);
}

/**
 * Has the thread `ident` died? An end without an error is no death. The death of a foreign thread
 * is known only if it was a root; see `@x/thread`.
 */
export function hasDied(ident: number): boolean {
  const words = dead.words;
  const at = wordOf(ident);
  return words !== undefined && at < words.length && (Atomics.load(words, at) & bitOf(ident)) !== 0;
}

/** Sets the bit of the thread `ident`. Idempotent. Call {@link countDeath} after it. */
export function markDead(ident: number): void {
  const words = dead.words;
  if (words === undefined) return;
  const at = wordOf(ident);
  if (at >= words.length) grow(words.buffer as SharedArrayBuffer, at);
  Atomics.or(words, at, bitOf(ident));
}

/** Counts a death whose bit is set, and wakes all threads that wait for a death. */
export function countDeath(): void {
  if (dead.words === undefined) return;
  Atomics.add(dead.words, COUNT, 1);
  wakeSleepers(dead.words, COUNT);
}

/**
 * Calls `callback` in a later turn of the event loop, after the count of deaths differs from
 * `known`.
 */
export function onNextDeath(known: number, callback: () => void): void {
  if (dead.words === undefined) return;
  const change = awaitChange(dead.words, COUNT, known) ?? Promise.resolve();
  void change.then(callback);
}

function wordOf(ident: number): number {
  const low = ident >> 5;
  return ident < FIRST_OF_WORKERS
    ? BITS + ALL_WORDS * Math.floor(low / LOW_WORDS) + (low % LOW_WORDS)
    : BITS + ALL_WORDS * ((ident - FIRST_OF_WORKERS) >> 5) + LOW_WORDS;
}

function bitOf(ident: number): number {
  return 1 << (ident & 31);
}

function grow(memory: SharedArrayBuffer, at: number): void {
  const least = Math.ceil((4 * (at + 1)) / STEP_BYTES) * STEP_BYTES;
  try {
    memory.grow(least);
  } catch (error) {
    if (memory.byteLength < least) throw error; // else another thread has already grown it by more
  }
}
