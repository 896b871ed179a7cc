/** The row of browsers in the table of values.ts; in the build for browsers, the only row. */
import type { ValuePlatform } from "./value-platform.js";

export const values: ValuePlatform = {
  isProxy: () => false,
  clone: (value) => structuredClone(value),
  hasOnlyItems: () => false,
  hasClass: () => false,
  errorClass: (name) => (globalThis as Readonly<Record<string, unknown>>)[name],
  moduleURL: (urlOrPath) => new URL(urlOrPath, location.href).href,
  newBytes: (length) => new Uint8Array(length),
  copyBytes: (from, start, end, into, at) => into.set(from.subarray(start, end), at),
  callerURL: ({ file }) => new URL(file, location.href).href,
  threadsHaveTheirOwnBundle: true,
};
