import type { Thread } from "@x/thread";

export const BEGUN: number;
export const DONE: number;
export function child(kind: string, n: number, total: Int32Array): Promise<number>;
export function agent(
  seed: number,
  steps: number,
  depth: number,
  total: Int32Array,
): { started: number; wrong: string[] };
export function starter(flags: Int32Array): never;
export function killAll(threads: Thread[]): void;
