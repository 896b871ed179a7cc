import type { Caller } from "./caller.js";

/** What a platform knows of values and of modules. */
export interface ValuePlatform {
  /** Is it a proxy? Always false in a browser, where a program cannot know. */
  isProxy(value: object): boolean;
  /** The structured clone of the value. Throws as `postMessage` would. */
  clone(value: unknown): unknown;
  /** True: the array has no fields beside its items. False: it may have some, or the search would take long. */
  hasOnlyItems(list: readonly unknown[]): boolean;
  /** Is it a class of the platform's modules, such as `EventEmitter`? */
  hasClass(Class: unknown): boolean;
  /** The platform's error class of this name, such as `DOMException`; undefined if it has none. */
  errorClass(name: string): unknown;
  /** The URL of a module, given by URL or path. */
  moduleURL(urlOrPath: string): string;
  /**
   * Bytes over a buffer of their own, with any content: the caller writes all of them. To zero 1 MiB first takes
   * as long as to copy it.
   */
  newBytes(length: number): Uint8Array;
  /** Copies the bytes from `start` to `end`, one or more, into another array, to `at`. */
  copyBytes(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void;
  /** The URL of the module with this place. Several modules of a bundle in one file have the same. */
  callerURL(place: Caller): string;
  /** The other chunks of the bundle that threads need before a module with this URL; undefined if it is in no chunk. */
  chunksBeside?(url: string): readonly string[] | undefined;
  /** Do threads run another bundle than the page? Then a module has another URL in them. */
  readonly threadsHaveTheirOwnBundle: boolean;
}
