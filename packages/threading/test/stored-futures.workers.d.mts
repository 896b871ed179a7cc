import type { Future, SharedArray, SharedMap, SharedValue } from "@x/threading";

export type Place = SharedMap<string, Future<string>> | SharedArray<Future<string>> | SharedValue<Future<string>>;

export function gated(gate: Int32Array): string;
export function read(place: Place): Future<string>;
export function asksTwice(place: Place): Promise<string>;
