import type { ExceptHookArgs, Local, Thread } from "@x/thread";

type Flags = Int32Array;

interface Self {
  readonly ident: number;
  readonly getIdent: number;
  readonly name: string;
  readonly nativeId: number;
  readonly getNativeId: number;
  readonly daemon: boolean;
  readonly alive: boolean;
  readonly listed: boolean;
  readonly count: number;
  readonly text: string;
  readonly main: number;
  readonly isMain: boolean;
  readonly isMainThread: boolean;
  readonly className: string;
}

export function signal(flags: Flags, word?: number, by?: number): void;
export function await_(flags: Flags, word?: number, least?: number): void;
export function stand<R = undefined>(flags: Flags, result?: R): R;
export function nothing(): void;
export function echo(...args: unknown[]): unknown;
export function square(x: number): number;
export function add(a: number, b: number, options?: { times?: number }): number;
export class Multiplier {
  constructor(factor: number);
  factor: number;
  call(x: number): number;
  later(x: number): Promise<number>;
}
export class MyThread extends Thread<number> {
  static constructed: number;
  constructor(x: number, options?: { name?: string; daemon?: boolean });
  x: number;
  res?: number;
  constructedThere?: number;
  override run(): number;
  twice(): number;
}
export class Private extends Thread<number> {}
export class Bringer extends Thread<number> {
  fine?: number;
  callback?: () => number;
}

export function whoAmI(): Self;
export function renamed(flags: Flags, name: string): string;
export function nameOf(thread: Thread): string;
export function rename(thread: Thread, name: string): void;
export function joinMe(): boolean;
export function joinIt(thread: Thread, timeout?: number): boolean;
export function resultOf(thread: Thread): unknown;
export function isSame(thread: Thread): boolean;
export function joinAndList(thread: Thread): [joined: boolean, listed: boolean];
export function joinSelf(flags: Flags): string;

export function nested(depth: number): string[];
export function leaveBehind(flags: Flags): Thread<string>;
export function makeThread(): boolean;
export function startIt(thread: Thread): Thread;
export function churn(count: number, prefix: string): void;
export function watchList(flags: Flags, always: number[]): { wrong: string[]; looks: number; seen: number };
export function startJoinLook(count: number): number;

export class CustomError extends Error {
  static constructed?: number;
  constructor(message: string, detail: number);
  detail: number;
  explain(): string;
}
export function fail(kind: string, value?: unknown): Promise<never>;
export function die(kind: string, flags?: Flags): Promise<never>;
export function dieLater(flags: Flags, kind: string): Promise<never>;
export function speakLast(flags: Flags): never;
export function kill(thread: Thread): void;
export function leaveByExit(flags: Flags, where: string): Promise<never>;
export function exitLater(flags: Flags): void;
export function throwLater(flags: Flags): void;
export function leave(what: string, flags: Flags): number;
export function askLater(flags: Flags): number;

export function hook(args: ExceptHookArgs): void;
export function failWith(flags: Flags): never;
export function brokenHook(): never;
export function startWithHook(flags: Flags): never;

export class Counter extends Local {
  constructor(...args: unknown[]);
  n: number;
  readonly first: number;
  bump(): number;
  twice(): number;
}
export function useCounter(counter?: Counter): unknown[];
export class Defaults extends Local {
  constructor(tally: Int32Array, first: string);
  list: string[];
  inner: Local;
  shout(): string;
}
interface Seen {
  readonly before: { x: unknown; has: boolean; keys: string[] };
  readonly after: { x: unknown; hasY: boolean; keys: string[] };
}
export function useLocal(local: Local, flags: Flags, value: unknown): Seen;
export function useDefaults(local: Defaults): [string, string[]];
export const moduleLocal: Local;
export function touchModuleLocal(value: unknown): unknown;

export function spin(flags: Flags): number;
export function handMadeBarrier(flags: Flags, parties: number, rounds: number): void;
export function various(flags: Flags): number;
export function depth(): number;
export function later<T>(value: T, ms?: number): Promise<T>;
export function askRaw(flags: Flags): void;
export function failRaw(): never;
export function typed(n: number, text: string, options?: { loud?: boolean }): string;
