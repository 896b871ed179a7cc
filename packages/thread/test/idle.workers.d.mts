type Flags = Int32Array;

export function enter(name: string): string | undefined;
export function enterLater(name: string): Promise<string | undefined>;
export function watched(flags: Flags): void;
export function leavesOneIdle(flags: Flags, how: string): void;
export function findsOneReady(ms: number): Promise<boolean>;
export function findsBooting(): Promise<boolean>;
export function keepThread(list: readonly number[]): void;
export function isWorkGone(): Promise<boolean[]>;
export const tally: Int32Array;
export function count(): void;
export function traceAll(flags: Flags): void;
export function nap(ms: number): void;
export function changeGlobals(how: "adds" | "replaces" | "deletes"): boolean;
export function loadedClasses(): string[];
export function useGlobals(): Promise<number>;
