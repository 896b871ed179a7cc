import type { Thread } from "@x/thread";

export declare function cube(x: number): number;
export declare class Counter extends Thread<[boolean, boolean]> {
  constructor(n: number);
  n: number;
}
