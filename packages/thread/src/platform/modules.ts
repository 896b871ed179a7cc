/// <reference types="node" />
/** Imports modules in threads as main has them: TypeScript too, whoever reads it there. */
import type * as NodeModule from "node:module";
import type * as NodeURL from "node:url";

type Builtin = <M>(name: string) => M;

/** Imports a module of the user, which main has loaded already. */
export async function importModule(url: string, builtin: Builtin): Promise<unknown> {
  await loadTypeScript(url, builtin);
  // Node 22 cannot import a .cts file that requires modules which import others, but require it.
  if (/^file:.*\.cts$/.test(url) && readsTypeScript(builtin)) return requireModule(url, builtin);
  try {
    return (await import(url)) as unknown;
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
 * Workers do not inherit the hooks of tsx, so a program that runs under it could not import its own modules there. Where Node
 * cannot load TypeScript by itself, asks tsx again; must happen before the first import of the module, after a failure it is too late.
 */
async function loadTypeScript(url: string, builtin: Builtin): Promise<void> {
  if (loaderRegistered || !TYPESCRIPT.test(url)) return;
  if ((process.features as { typescript?: unknown }).typescript) return;
  loaderRegistered = true;
  const preload = process.execArgv.find((arg) => /[\\/]tsx[\\/]/.test(arg));
  for (const from of [url, preload?.replace(/^--[a-z-]+=/, "")]) {
    if (from === undefined) continue;
    try {
      // Its CommonJS form, which require finds, looks for its hooks in the wrong place.
      const api = moduleOf(builtin).createRequire(from).resolve("tsx/esm/api").replace(/cjs$/, "mjs");
      const tsx = (await import(builtin<typeof NodeURL>("node:url").pathToFileURL(api).href)) as { register(): void };
      tsx.register();
      return;
    } catch {
      // no tsx there: the import that follows tells what is wrong
    }
  }
}

/** Does `require`? By itself, or by hooks. */
function readsTypeScript(builtin: Builtin): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript) || ".ts" in hooksOf(builtin);
}

/** What `require` knows to read, by the ends of names. */
function hooksOf(builtin: Builtin): object {
  return (moduleOf(builtin) as typeof NodeModule & { _extensions: object })._extensions;
}

/**
 * Hooks of `require` (ts-node, @swc-node/register, a coverage tool) are nothing to `import`. A module that main has by them is had by them
 * here: they are there again if they came by `node -r`, and those of ts-node, whose program registers them in main alone, are registered.
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
