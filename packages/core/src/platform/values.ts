/// <reference types="node" />
/**
 * The part of the table of platforms that packing needs. It stands apart because a lock needs nothing of it, and a bundle of a lock leaves it
 * out.
 */
import type * as NodeAssert from "node:assert";
import type * as NodeBuffer from "node:buffer";
import type * as NodeURL from "node:url";
import type * as NodeUtil from "node:util";
import { chunksBeside, moduleInChunk } from "./chunks.js";
import { builtin, node, workers } from "./node.js";
import type { ValuePlatform } from "./value-platform.js";
import { values as onBrowser } from "./values.browser.js";

const onNode: ValuePlatform = {
  isProxy: (value) => (isProxy ??= builtin<typeof NodeUtil>("node:util").types.isProxy)(value),
  clone,
  hasOnlyItems: (list) => {
    // Only `inspect` lists the fields without the items: as fast for a million items as for one.
    const text = builtin<typeof NodeUtil>("node:util").inspect(list, ITEMS_ASIDE);
    return text === `[ ... ${list.length} more items ]`;
  },
  hasClass: (Class) => {
    const { prototype } = Class as { prototype?: object };
    // Compare the prototypes, too: Node exports a wrapper for a deprecated class (Hmac, from Node 22 on).
    const isIt = (known: unknown): boolean =>
      known === Class || (typeof known === "function" && prototype !== undefined && known.prototype === prototype);
    return MODULES.some((name) => Object.values(builtin<object>(`node:${name}`)).some(isIt));
  },
  errorClass,
  newBytes: (length) => new Uint8Array(builtin<typeof NodeBuffer>("node:buffer").Buffer.allocUnsafeSlow(length).buffer),
  copyBytes,
  moduleURL,
  callerURL: (place) => moduleInChunk(place) ?? moduleURL(place.file),
  chunksBeside,
  threadsHaveTheirOwnBundle: false,
};

/** The row of the current platform; Deno and Bun have Node's. The call is marked pure, so bundlers drop it where no value is packed. */
export const values: ValuePlatform = /* @__PURE__ */ (() => (node.isHere() ? onNode : onBrowser))();

/**
 * V8 copies shared memory word by word, 31 µs for 1 MiB. From Node 22 on a `Buffer` copies in 11 to 18 µs, but up to Node 24
 * only a part of an array. So the last byte is copied apart.
 */
function copyBytes(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void {
  const last = end - 1;
  copy ??= (builtin<typeof NodeBuffer>("node:buffer").Buffer.prototype as { readonly copy: Copy }).copy;
  copy.call(from, into, at, start, last);
  into[at + last - start] = from[last]!;
}

type Copy = (this: Uint8Array, into: Uint8Array, at: number, start: number, end: number) => number;
let copy: Copy | undefined;

/** Kept here because `pack` asks it for each object. */
let isProxy: ((value: unknown) => boolean) | undefined;

const ITEMS_ASIDE = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Infinity, colors: false };

/** The modules with classes in common use. Few, because reading the exports of a module loads it. */
const MODULES = ["events", "stream", "net", "http", "fs", "crypto", "child_process", "worker_threads", "util"];

function moduleURL(urlOrPath: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(urlOrPath)
    ? urlOrPath
    : builtin<typeof NodeURL>("node:url").pathToFileURL(urlOrPath).href;
}

function clone(value: unknown): unknown {
  if (typeof structuredClone === "function") return structuredClone(value);
  const { port1, port2 } = new (workers().MessageChannel)(); // jsdom has no structuredClone
  try {
    port1.postMessage(value);
    return (workers().receiveMessageOnPort(port2) as { message: unknown }).message;
  } finally {
    port1.close();
  }
}

function errorClass(name: string): unknown {
  if (name === "AssertionError") return builtin<typeof NodeAssert>("node:assert").AssertionError;
  const { WebAssembly: wasm, Deno: deno } = globalThis as {
    WebAssembly?: object;
    Deno?: { errors: object };
  };
  for (const scope of [globalThis, wasm, deno?.errors]) {
    if (scope !== undefined && Object.hasOwn(scope, name)) return (scope as Readonly<Record<string, unknown>>)[name];
  }
  return undefined;
}
