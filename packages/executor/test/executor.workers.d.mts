import type { Future, ThreadPoolExecutor } from "@x/executor";
import type { Local, Thread } from "@x/thread";

type Flags = Int32Array;
export type Death = "exit" | "timer" | "rejection";

export function signal(flags: Flags, word?: number, by?: number): void;
export function await_(flags: Flags, word?: number, least?: number): void;
export function stand<R = undefined>(flags: Flags, result?: R): R;
export function standAsync<R = undefined>(flags: Flags, result?: R): Promise<R>;
export function computeUntilOpen<R = undefined>(flags: Flags, result?: R): R;
export function standAndFail(flags: Flags, message: string): never;
export function square(x: number): number;
export function echo<A extends unknown[]>(...args: A): A;
export function add(a: number, b: number, options?: { times?: number }): number;
export function squareAsync(x: number): Promise<number>;
export function leaveMicrotasks<T>(value: T): Promise<T>;
export function threadName(): string;
export function nothing(): void;
export class Multiplier {
  constructor(factor: number);
  factor: number;
  call(x: number): number;
}
export function count(flags: Flags, word?: number): number;
export function write(words: Int32Array, value: number): void;
export function makeFunction(): unknown;
export class Refused extends Error {
  constructor(message: string, code: number);
  code: number;
}
export function fail(message: string): never;
export function failAsync(message: string): Promise<never>;
export function failWith(value: unknown): never;
export function failIf<T>(bad: T, value: T): T;
export function refuse(): never;
export function timeOutIf<T>(bad: T, value: T): T;
export function die(kind: Death, flags?: Flags): unknown;
export function initialize(value: string, flags?: Flags): void;
export function initializeBadly(flags: Flags): never;
export function readState(): string;
export function mapWithin(values: readonly number[]): number[];
export function countTo(n: number, flags?: Flags): Generator<number, void, void>;
export function countToAsync(n: number, flags?: Flags): AsyncGenerator<number, void, void>;
export function countAndFail(n: number): Generator<number, void, void>;
export function countAndDie(n: number): AsyncGenerator<number, void, void>;
export class Standing {
  constructor(flags: Flags);
  flags: Flags;
  call<T>(value: T): T;
}
export function standIf<T>(flags: Flags, one: T, other: T): T;
export function identOf(value?: unknown): number;
export function makeObject(n: number): { n: number };
export function submitWithin(executor: ThreadPoolExecutor, x: number): number;
export function submitAndReturn(executor: ThreadPoolExecutor, x: number): { future: Future<number> };
export function resultOf<T>(of: { future: Future<T> }): T;
export function runOnAllWithin(executor: ThreadPoolExecutor): number;
export function dieByTimer(flags: Flags): unknown;
export function shutDownWithin(executor: ThreadPoolExecutor): void;
export function cancelSoon(of: { future: Future<unknown> }): boolean;
export function signalSoon(flags: Flags): void;
export function submitAndStand(executor: ThreadPoolExecutor, flags: Flags): void;
export function note(words: Int32Array, n: number): void;
export class StandingIf {
  constructor(flags: Flags, slow: unknown);
  flags: Flags;
  slow: unknown;
  call<T>(value: T): T;
}
export class CountUnless {
  constructor(flags: Flags, bad: unknown);
  flags: Flags;
  bad: unknown;
  call<T>(value: T): T;
}
export function dieIf<T>(bad: T, value: T, kind: Death): T;
export function dieWith(value: unknown, kind: Death): unknown;
export function nameOfError(of: { future: Future<unknown> }, flags: Flags): string;
export function nameOfErrorAsync(of: { future: Future<unknown> }, flags: Flags): Promise<string>;
export function lengthOf(value: { length: number }): number;
export function makeBytes(n: number): Uint8Array;
export function makeUnbuildable(): unknown;
export function runUntilAsked(flags: Flags, ms: number): string;
export function awaitSignal(flags: Flags): Promise<string>;
export function tellProgress(flags: Flags, n: number): Promise<string>;
export function hasTask(): boolean;
export function hasTaskAfter(): Promise<boolean[]>;
export function shareThread(): Thread;
export function useOwn(
  flags: Flags,
  n: number,
  local: Local<{ n?: number }>,
): Promise<{ before: unknown[]; after: unknown[]; name: string; task: string | undefined }>;
export function loop(): never;
