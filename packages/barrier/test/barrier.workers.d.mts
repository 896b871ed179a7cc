import type { Lock } from "@x/lock";

export class Counter {
  constructor(tally: Int32Array, lock: Lock);
  call(): void;
}
export function count(): void;
