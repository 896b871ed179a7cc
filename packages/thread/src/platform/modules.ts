/// <reference types="node" />
/** Imports modules in threads as main did: TypeScript too, read by the same tool. */
import type * as NodeModule from "node:module";
import type * as NodeURL from "node:url";
import { boot } from "./boot.js";
import { importFromChunk, isInChunk } from "./chunks.js";

type Builtin = <M>(name: string) => M;

/** Imports a module of the user. Main has loaded it before. */
export async function importModule(url: string, builtin: Builtin): Promise<unknown> {
  if (isInChunk(url)) return importFromChunk(url, boot.chunks, builtin);
  await loadTypeScript(url, builtin);
  // Node 22 fails to import a .cts file if it requires modules with imports. But Node can require it.
  if (/^file:.*\.cts$/.test(url) && readsTypeScript(builtin)) return requireModule(url, builtin);
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as unknown;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
    if (!mayRequire(url, builtin)) throw error;
    return requireModule(url, builtin);
  }
}

const TYPESCRIPT = /\.[cm]?tsx?(?:$|\?)/;

const moduleOf = (builtin: Builtin) => builtin<typeof NodeModule>("node:module");

let loaderRegistered = false;

/**
 * Registers the hooks of tsx in this worker, if Node cannot load TypeScript itself: workers do not
 * inherit these hooks. Call it before the first import of the module; after a failed import it is
 * too late.
 */
async function loadTypeScript(url: string, builtin: Builtin): Promise<void> {
  if (loaderRegistered || !TYPESCRIPT.test(url)) return;
  if ((process.features as { typescript?: unknown }).typescript) return;
  loaderRegistered = true;
  const preload = process.execArgv.find((arg) => /[\\/]tsx[\\/]/.test(arg));
  for (const from of [url, preload?.replace(/^--[a-z-]+=/, "")]) {
    if (from === undefined) continue;
    try {
      // tsx's CommonJS form, found by require, looks for its hooks in the wrong place.
      const api = moduleOf(builtin).createRequire(from).resolve("tsx/esm/api").replace(/cjs$/, "mjs");
      const tsx = (await import(
        /* webpackIgnore: true */ /* @vite-ignore */ builtin<typeof NodeURL>("node:url").pathToFileURL(api).href
      )) as { register(): void };
      tsx.register();
      return;
    } catch {
      // no tsx there: the following import throws the real error
    }
  }
}

/** True if `require` can read TypeScript, by itself or by hooks. */
function readsTypeScript(builtin: Builtin): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript) || ".ts" in hooksOf(builtin);
}

/** The file extensions known to `require`. */
function hooksOf(builtin: Builtin): object {
  return (moduleOf(builtin) as typeof NodeModule & { _extensions: object })._extensions;
}

/**
 * True if `require` may load the module. Hooks of `require` (ts-node, @swc-node/register, coverage
 * tools) have no effect on `import`. So if main loaded a module through them, the thread does, too.
 * Hooks from `node -r` exist in workers, too. ts-node registers its hooks in main only, so they are
 * registered here.
 */
function mayRequire(url: string, builtin: Builtin): boolean {
  if (!url.startsWith("file:")) return false;
  if (!TYPESCRIPT.test(url)) return (/\.\w+$/.exec(url)?.[0] ?? "") in hooksOf(builtin);
  if (readsTypeScript(builtin)) return true;
  try {
    moduleOf(builtin).createRequire(url)("ts-node/register/transpile-only");
  } catch {
    return false;
  }
  return readsTypeScript(builtin);
}

function requireModule(url: string, builtin: Builtin): unknown {
  const path = builtin<typeof NodeURL>("node:url").fileURLToPath(url);
  return moduleOf(builtin).createRequire(url)(path) as unknown;
}
