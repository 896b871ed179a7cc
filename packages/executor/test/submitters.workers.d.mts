import type { Envelope } from "@x/core";
import type { Future, ThreadPoolExecutor } from "@x/executor";

export function await_(flags: Int32Array, word?: number, least?: number): void;
export function endsAtOnce(): void;
export function gated(flags: Int32Array): string;
export function submitsAndReturns(
  executor: ThreadPoolExecutor,
  value: number,
): { future: Future<number[]>; rows: unknown[] };
export function submitsAtGate(executor: ThreadPoolExecutor, flags: Int32Array): { future: Future<string> };
export function submits(executor: ThreadPoolExecutor, asks: boolean, flags?: Int32Array): void;
export function submitsAndStands(executor: ThreadPoolExecutor, asks: boolean, flags: Int32Array): Promise<void>;
export function submitsMoved(executor: ThreadPoolExecutor, bytes: number): { future: Future<number> };
export function lengthOfGiven(buffer: ArrayBuffer): number;
export function memoryAtGate(flags: Int32Array): Int32Array;
export function asksAtGate(asked: { future: Future<Int32Array> }, flags: Int32Array): Promise<number>;
export function hasFuture(asked: { future: Future<unknown> }): void;
export function seesDone(asked: { future: Future<unknown> }, flags: Int32Array): void;
export function returnsBuffer(flags: Int32Array): ArrayBuffer;
export function awaits(asked: { future: Future<ArrayBuffer> }): Promise<number>;
export function keepsFuture(future: Future<unknown>): void;
export function asksGiven(n: number, flags: Int32Array): Promise<unknown>;
export function unpacks(message: Envelope, flags: Int32Array): Promise<unknown>;
