import type { Future, SharedArray, SharedMap, SharedValue, ThreadPoolExecutor } from "@x/threading";

export type Place = SharedMap<string, Future<string>> | SharedArray<Future<string>> | SharedValue<Future<string>>;

export function gated(gate: Int32Array): string;
export function read(place: Place): Future<string>;
export function asksTwice(place: Place): Promise<string>;
export const gate: Int32Array;
export const executor: ThreadPoolExecutor;
export const common: Future<string>;
export function asksCommonTwice(flags: Int32Array): Promise<string>;
