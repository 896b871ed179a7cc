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
