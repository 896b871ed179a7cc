export const PART: number;
export function numberOf(item: unknown): number;
export function awaitDeath(): never;
export function produce(queue: object, me: number, sent: Int32Array): void;
export function consume(queue: object, log: Int32Array): never;
export function consumeAsync(queue: object, log: Int32Array): Promise<never>;
