import type * as threading from "@x/threading";

export function various(room: threading.BoundedSemaphore, lock: threading.RLock, inside: Int32Array): string;

export function takesPart(barrier: threading.Barrier, cycles: number): string;
export function leaves(barrier: threading.Barrier, cycles: number, how: string): unknown;
export function holds(barrier: threading.Barrier): void;
export function comesLate(barrier: threading.Barrier, ms: number): string;
export function makesBarrier(): never;
export function quiet(): void;

export function takesTurns(what: threading.Lock | threading.Semaphore, over: Int32Array, ms: number): void;

export interface Things {
  readonly lock: threading.Lock;
  readonly rlock: threading.RLock;
  readonly event: threading.Event;
  readonly semaphore: threading.Semaphore;
  readonly bounded: threading.BoundedSemaphore;
  readonly condition: threading.Condition;
  readonly barrier: threading.Barrier;
  readonly local: threading.Local;
  readonly thread: threading.Thread;
}
export function all(things: Things): unknown[];
