import type * as threading from "@x/threading";

type AnyLock = threading.Lock | threading.RLock;
export function sleeps(ms: number): void;
export function takeBoth(first: AnyLock, second: AnyLock, barrier: threading.Barrier, stage: Int32Array): string;
export function waitFor(lock: AnyLock, barrier: threading.Barrier): string;
export function awaits(lock: threading.Lock): Promise<void>;
export function waitHolding(condition: threading.Condition, other: AnyLock, stage: Int32Array): boolean;
export function notifyAndTake(condition: threading.Condition, other: AnyLock): string;
