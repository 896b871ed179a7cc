import type { Future, ThreadPoolExecutor } from "@x/executor";

export function lengthOfMoved(buffer: ArrayBuffer): number;
export function incrementMoved(buffer: ArrayBuffer): { buffer: ArrayBuffer };
export function movesLaterOfTask(bytes: number): Promise<ArrayBuffer>;
export function lengthOfResult(of: { future: unknown }): Promise<number>;
export function movesTwice(): ArrayBuffer;
export function standsBeforeMoved(flags: Int32Array): void;
export function standsWhileIdle(flags: Int32Array): Promise<void>;
export function sendsStraight(
  executor: ThreadPoolExecutor,
  bytes: number,
  flags: Int32Array,
): Promise<{ future: Future<number> }>;
