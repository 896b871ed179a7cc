import type * as threading from "@x/threading";

export type How = "throws" | "cannot travel" | "exits" | "terminated" | "returns";
export function quiet(): void;
export function endIt(holder: threading.Thread, go: threading.Event, how: How): void;
export function holdAndEnd(
  lock: threading.Lock | threading.RLock,
  stage: Int32Array,
  go: threading.Event,
  how: How,
): string;
export function holdAsyncAndEnd(
  lock: threading.Lock,
  stage: Int32Array,
  go: threading.Event,
  how: How,
): Promise<string>;
export function take(lock: threading.Lock | threading.RLock, inside: Int32Array, timeout: number): string;
export function waits(condition: threading.Condition, stage: Int32Array): boolean | string;
export function notifiesAndDies(condition: threading.Condition): void;
export function takesAndDies(condition: threading.Condition<threading.Lock>, stage: Int32Array): void;
export function diesWhileItsTaskGoesOn(
  lock: threading.Lock,
  stage: Int32Array,
  way: "run throws" | "a microtask throws",
  goesOnIn: "microtasks" | "turns",
): Promise<void>;
