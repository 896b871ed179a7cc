import type { Timers } from "./clock.js";

/** What a platform has to be able to do; the rest of the library is written against this, and only against this. */
export interface Platform {
  /** Does this row apply? */
  isHere(): boolean;
  /** What else a package needs of this platform, it keeps under this name. */
  readonly name: "browser" | "bun" | "deno" | "node";

  // ------------------------------------------------ this thread
  /** The system's number of this worker; 0 is the main thread's. */
  nativeId(): number;
  /** An odd number for a thread that this library did not start; see identity.ts. */
  foreignIdent(): number;
  /** `by` +1 or -1: while the sum is above 0, waiting promises keep the process alive as an open socket would. */
  keepAlive(by: number): void;
  /** The timers that the program has now, fake ones included. */
  timers(): Timers;
  /** Calls back after `ms` milliseconds by the timers that the program has now, fake ones included; returns how to call it off. Keeps the process alive. */
  setTimer(callback: () => void, ms: number): () => void;
  /** For texts in shared memory. */
  textCoders(): readonly [TextCoder, TextDecoding];
  /** How many threads run at the same time. Asked once. */
  cores(): number;

  // ------------------------------------------------ the program
  /** Can a thread leave something to the workers that it will start? If not, {@link setEnvironmentData} does nothing. */
  readonly workersGetEnvironmentData: boolean;
  /** What was left with `bequeath` in the thread that started this worker, or in one before it. */
  getEnvironmentData(key: string): unknown;
  /** Leaves a value to this thread and to all workers that it will start, directly or not. */
  setEnvironmentData(key: string, value: unknown): void;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
  /** Is an atomic operation in WebAssembly faster than one of `Atomics`? */
  hasFastWasm(): boolean;

  // ------------------------------------------------ values
  /** Is it a proxy? False where a program cannot know. */
  isProxy(value: object): boolean;
  /** What `postMessage` would make of it. Throws what it would throw. */
  clone(value: unknown): unknown;
  /** Is there certainly nothing beside the items of this array? May say no though there is nothing, if it would take long to find out. */
  hasOnlyItems(list: readonly unknown[]): boolean;
  /** Is it a class of the platform's own modules, such as `EventEmitter`? */
  hasClass(Class: unknown): boolean;
  /** The class of errors that the platform knows by this name, other than those of the language. */
  errorClass(name: string): unknown;

  // ------------------------------------------------ modules
  /** The URL of a module given by URL or path. */
  moduleURL(urlOrPath: string): string;
}

interface TextCoder {
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
}

interface TextDecoding {
  decode(bytes: Uint8Array): string;
}
