/// <reference types="node" />
/**
 * Evaluates modules in chunks of Turbopack and webpack, by the bundler's own runtime. The runtime is a
 * file. The URL of a module is the URL of the runtime with the id: @x/core makes it for the caller of
 * `expose`. A worker loads the same chunks as main, and evaluates the module alone.
 */
import type * as NodeFS from "node:fs";
import type * as NodePath from "node:path";
import type * as NodeURL from "node:url";
import type * as NodeVM from "node:vm";
import { BUNDLED } from "@x/core/internal";

type Builtin = <M>(name: string) => M;

/** A worker's view of chunks. */
export interface Chunks {
  /** The chunks at the worker's beginning. */
  readonly files: readonly string[];
  /** Loads chunks of the runtime of this module. */
  load(url: string, files: readonly string[]): void;
  /** Is the module in a chunk loaded by {@link load}? */
  has(url: string): boolean;
  /** Evaluates the module, if it has not been evaluated. The result may be a promise. */
  evaluate(url: string): unknown;
}

/**
 * An expression of a {@link Chunks}, for the worker's text. The text has no library yet.
 *
 * - Turbopack: the runtime's function returns `c` and `m`. `c` loads a chunk; `m` evaluates a module.
 *   A chunk is a list: one or more ids, their factory, and so on.
 * - webpack: the runtime is its `require` function, with the factories in `m`. `C` installs a chunk.
 *   The file of an entry installs its own modules, and then evaluates the first of them by `X`; here
 *   `X` only loads the chunks for this module.
 */
export const CHUNKS = `{
  runtimes: new Map(),
  of(url) {
    const [file, id] = url.split(${JSON.stringify(BUNDLED)});
    const path = process.getBuiltinModule("node:url").fileURLToPath(file);
    let runtime = this.runtimes.get(path);
    if (runtime === undefined) {
      const require = process.getBuiltinModule("node:module").createRequire(path);
      const main = require(path);
      if (main.m !== undefined) {
        main.X = (result, chunks, then) => void (then ? chunks : result).map(main.e);
        runtime = {
          load(file) {
            const chunk = require(file);
            if (Array.isArray(chunk?.ids)) main.C(chunk);
          },
          has: (id) => id in main.m,
          evaluate: main,
        };
      } else {
        const { c, m } = main(path);
        const ids = new Set();
        runtime = {
          load(file) {
            c(file);
            for (const id of require(file)) ids.add(id);
          },
          has: (id) => ids.has(id),
          evaluate: (id) => m(id).exports,
        };
      }
      this.runtimes.set(path, runtime);
    }
    return [runtime, JSON.parse(decodeURIComponent(id))];
  },
  load(url, files) {
    const [runtime] = this.of(url);
    files.forEach((file) => runtime.load(file));
  },
  has(url) {
    const [runtime, id] = this.of(url);
    return runtime.has(id);
  },
  evaluate(url) {
    const [runtime, id] = this.of(url);
    return runtime.evaluate(id);
  },
}`;

/** Is the module in a chunk? */
export function isInChunk(url: string): boolean {
  return url.includes(BUNDLED);
}

/** Without the text's, because the library is in no chunk. */
let ownChunks: Chunks | undefined;

/** Evaluates a module. Main has evaluated it before. */
export async function importFromChunk(url: string, given: Chunks | undefined, builtin: Builtin): Promise<unknown> {
  const chunks = given ?? (ownChunks ??= builtin<typeof NodeVM>("node:vm").runInThisContext(`(${CHUNKS})`) as Chunks);
  // Main may have loaded its chunk later than this worker was made.
  if (!chunks.has(url)) chunks.load(url, allChunks(url, builtin));
  return chunks.evaluate(url);
}

/** All chunks in the folder of the runtime and below, and the entries of webpack. */
function allChunks(url: string, builtin: Builtin): string[] {
  const path = builtin<typeof NodePath>("node:path");
  const { readdirSync, readFileSync } = builtin<typeof NodeFS>("node:fs");
  const runtime = builtin<typeof NodeURL>("node:url").fileURLToPath(url.replace(/#.*/, ""));
  const chunksIn = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : chunksIn(file);
      const isCode = entry.isFile() && /\.c?js$/.test(file) && file !== runtime;
      return isCode && CHUNK.test(readFileSync(file, "utf8")) ? [file] : [];
    });
  return chunksIn(path.dirname(runtime));
}

/** A chunk of Turbopack; a chunk or an entry of webpack. */
const CHUNK = /^(?:"use strict";)?\s*module\.exports\s*=\s*\[|\bmodules\s*=\s*\{/;
