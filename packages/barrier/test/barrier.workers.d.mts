import type { Barrier } from "@x/barrier";

export class Counter {
  constructor(tally: Int32Array, inner: Barrier);
  call(): void;
}
export function count(): void;
