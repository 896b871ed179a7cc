/**
 * Stands in for wasm-memory.ts in the build for browsers, where workers get no environment data: there is no WebAssembly
 * memory, and the operations are those of `Atomics`.
 */
import type * as wasm from "./wasm-memory.js";

export const load: typeof wasm.load = (words, index) => Atomics.load(words, index);
export const and: typeof wasm.and = (words, index, value) => Atomics.and(words, index, value);
export const compareExchange: typeof wasm.compareExchange = (words, index, expected, replacement) =>
  Atomics.compareExchange(words, index, expected, replacement);

export const allocateWasm: typeof wasm.allocateWasm = () => undefined;
export const asWasmWords: typeof wasm.asWasmWords = () => undefined;
export const wasmWords: typeof wasm.wasmWords = undefined;
