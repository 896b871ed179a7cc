/** The functions of stored-futures.test.ts. */
import { expose, isMainThread, SharedArray, SharedMap, sharedGlobals, ThreadPoolExecutor } from "@x/threading";

/** The program's gate, with the future behind it, and the number of threads that stand there. */
export const gate = new Int32Array(new SharedArrayBuffer(8));
export const executor = isMainThread ? new ThreadPoolExecutor(1) : undefined;

export function gated(gate) {
  Atomics.wait(gate, 0, 0, 30_000);
  return "done";
}

export function read(place) {
  if (place instanceof SharedMap) return place.get("it");
  return place instanceof SharedArray ? place.get(0) : place.get();
}

export async function asksTwice(place) {
  return `${await read(place)} ${await read(place)}`;
}

export const { common } = sharedGlobals({ common: () => executor?.submit(gated, gate) });

export async function asksCommonTwice(flags) {
  Atomics.add(flags, 1, 1);
  return `${await common} ${await common}`;
}

expose(import.meta.url, { gated, asksTwice, asksCommonTwice });
