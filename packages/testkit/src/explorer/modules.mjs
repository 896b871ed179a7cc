/**
 * Loads modules anew for each run. Their top-level state must not outlive a run, and Node never
 * forgets a module. Works for the files of our bundler: each import and export is its own
 * statement, with names in braces.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm;
const EXPORT = /^export \{([^}]*)\};$/gm;

/** Both entries of core export what this file has. */
const CORE = join("core", "dist", "internal.js");

/** The code of each file, compiled on first use. */
const compiled = new Map();

/** Reads a module and its imports in advance: the files may be gone at the time of loading. */
export function prepareModule(specifier, importer) {
  prepare(resolve(specifier, fileURLToPath(importer)));
}

function prepare(file) {
  if (compiled.has(file)) return;
  const text = readFileSync(file, "utf8");
  compiled.set(file, compile(file, text));
  for (const [, , from] of text.matchAll(IMPORT)) prepare(resolve(from, file));
}

function compile(file, text) {
  const code = text
    .replace(IMPORT, (_, names, from) => `const {${names.replaceAll(" as ", ": ")}} = $import("${from}");`)
    .replace(EXPORT, (_, names) => `$export({${names.replace(/(\w+) as (\w+)/g, "$2: $1")}});`)
    .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(file).href));
  return new Function("$import", "$export", `"use strict";${code}\n//# sourceURL=${file}`);
}

/** The file of each module, by specifier and importer. */
const resolved = new Map();

function resolve(specifier, from) {
  const key = `${specifier} ${from}`;
  let file = resolved.get(key);
  if (file === undefined) resolved.set(key, (file = fileOf(specifier, from)));
  return file;
}

/** Resolves a specifier from the file `from`: `@x/core`, `@x/thread/worker`, `./chunk.js`. */
function fileOf(specifier, from) {
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  const [scope, name, ...path] = specifier.split("/");
  const main = createRequire(from).resolve(`${scope}/${name}`);
  return path.length === 0 ? main : join(dirname(main), `${path.join("/")}.js`);
}

/**
 * Loads modules from the view of the file at `importer`, each at most once.
 *
 * @param adapt may change the exports of core before any other module sees them
 */
export function freshModules(importer, adapt) {
  const loaded = new Map();
  const load = (specifier, from) => {
    const file = resolve(specifier, from);
    let exports = loaded.get(file);
    if (exports === undefined) {
      exports = {};
      loaded.set(file, exports);
      compiled.get(file)(
        (inner) => load(inner, file),
        (values) => Object.assign(exports, values),
      );
      if (file.endsWith(CORE)) adapt(exports);
    }
    return exports;
  };
  return (specifier) => load(specifier, fileURLToPath(importer));
}
