import type { Queue } from "@x/queue";

interface Numbered {
  readonly n: number;
  readonly buffer: ArrayBuffer;
}

export function sums(queue: Queue<Numbered>, count: number): Promise<number[]>;
export function sumsBlocked(queue: Queue<Numbered>, count: number): number[];
export function moves(queue: Queue<Numbered>, first: number, count: number): void;
export function whyRefused(queue: Queue): string;
