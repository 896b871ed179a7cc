import { Timer } from "@x/timer";

export function record(seen: Int32Array, ...args: unknown[]): unknown[];
export function recordLater(seen: Int32Array): Promise<void>;
export function fail(): never;
export function cancel(timer: Timer): [boolean, boolean, number];
export function rearm(seen: Int32Array, rounds: number): void;
export class Repeating extends Timer {}
export class Reporting extends Timer {}
export class Deferring extends Timer {}
export class Counting extends Timer {
  count: number;
}
export function startedBy(seen: Int32Array): void;
