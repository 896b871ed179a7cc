import type { Event } from "@x/event";
import type { Lock } from "@x/lock";
import type { ThreadProfile, TraceEvent } from "@x/thread";

export function trace(event: TraceEvent): void;
export function profiled(profile: ThreadProfile): void;
export function sleepy(event: TraceEvent): void;
export function takes(lock: Lock): string;
export function awaits(event: Event): Promise<never>;
export function nests(): string;
export function serves(ready: Event, again: Event, stop: Event, lock: Lock): Promise<void>;
export function computes(ms: number): void;

export const lock: Lock;
export const tally: Int32Array;
export const options: { readonly nested: readonly Event[] };
export function addsUp(times: number): void;
export function sets(): void;
export function sharesLater(): number;
