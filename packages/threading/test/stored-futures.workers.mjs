/** The functions of stored-futures.test.ts. */
import { expose, SharedArray, SharedMap } from "@x/threading";

export function gated(gate) {
  Atomics.wait(gate, 0, 0, 10_000);
  return "done";
}

export function read(place) {
  if (place instanceof SharedMap) return place.get("it");
  return place instanceof SharedArray ? place.get(0) : place.get();
}

export async function asksTwice(place) {
  return `${await read(place)} ${await read(place)}`;
}

expose(import.meta.url, { gated, asksTwice });
