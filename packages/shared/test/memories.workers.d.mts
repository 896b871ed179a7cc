import type { RLock } from "@x/lock";
import type { Queue, SimpleQueue } from "@x/queue";
import { type SharedArray, type SharedMap, SharedObject } from "@x/shared";

export const KINDS: readonly object[];
export class Account extends SharedObject {
  balance: number;
  lock: RLock;
  deposit(amount: number): void;
}
export interface Ask {
  n: number;
  reply: Queue<number>;
}
export function deposit(bank: SharedMap<string, Account>, times: number): void;
export function serve(requests: Queue<Ask | null>): void;
export function ask(requests: Queue<Ask | null>, count: number): number;
export function askAsync(requests: Queue<Ask | null>, count: number): Promise<number>;
export function increment(array: SharedArray<SharedArrayBuffer>): void;
export function sumOf(queue: Queue<SharedArrayBuffer>, count: number): number;
export function echo(from: Queue, to: Queue<[unknown, unknown]>, count: number): void;
export function echoAsync(from: Queue, to: Queue<[unknown, unknown]>, count: number): Promise<void>;
export function shapeOf(value: unknown): unknown;
export function putAndDie(queue: Queue<SharedArrayBuffer>, count: number): void;
export interface Carried {
  i: number;
  memory: SharedArrayBuffer;
  inner: SimpleQueue<SharedArrayBuffer>;
}
export function produce(queue: Queue<Carried>): void;
export function move(from: Queue<Carried>, to: Queue<Carried>): void;
export function memoryOf(n: number): SharedArrayBuffer;
export function isSame(queue: Queue): boolean;
