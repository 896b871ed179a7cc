import type { Timers } from "./clock.js";

/** The interface to the platform. The rest of core uses the platform only through it. */
export interface Platform {
  /** Does the thread run on this platform? */
  isHere(): boolean;
  /** A package with a table of its own finds its row by this name. */
  readonly name: "browser" | "bun" | "deno" | "node";

  // ------------------------------------------------ this thread
  /** The platform's number of this worker; 0 in the main thread. */
  nativeId(): number;
  /** The ident of a foreign thread: odd; see identity.ts. */
  foreignIdent(): number;
  /**
   * `by` is +1 or −1. While the sum is above 0, waiting tasks keep the process alive, as an open
   * socket does.
   */
  keepAlive(by: number): void;
  /** The timers of the program now, real or fake. */
  timers(): Timers;
  /**
   * Calls `callback` after `ms` milliseconds, by the timers of the program now, real or fake.
   * Returns a function that cancels it. Keeps the process alive.
   */
  setTimer(callback: () => void, ms: number): () => void;
  /** An encoder and a decoder for texts in shared memory. */
  textCoders(): readonly [TextCoder, TextDecoding];
  /** The number of threads that can run at the same time. Constant. */
  cores(): number;

  // ------------------------------------------------ the program
  /**
   * Do workers get the environment data of their starter before their modules are evaluated? In a
   * browser the worker of a thread gets them by a message, and a foreign worker never gets them.
   */
  readonly workersGetEnvironmentData: boolean;
  /** The value set by this thread or by an ancestor; undefined if there is none. */
  getEnvironmentData(key: string): unknown;
  /** Sets a value for this thread and for all its future descendants. */
  setEnvironmentData(key: string, value: unknown): void;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
  /** Is an atomic operation in WebAssembly faster than one of `Atomics`? */
  hasFastWasm(): boolean;
}

interface TextCoder {
  encodeInto(text: string, into: Uint8Array): { readonly read: number; readonly written: number };
}

interface TextDecoding {
  decode(bytes: Uint8Array): string;
}
