/**
 * Modules that can be loaded anew for each run: what they keep at their top level must not outlive it, and Node never forgets a module.
 * For files as our bundler writes them: each import and export is a statement of its own, with names in braces.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm;
const EXPORT = /^export \{([^}]*)\};$/gm;

/** The code of each file, compiled once. */
const compiled = new Map();

/** Reads a module and all that it imports: the files may be gone when it is loaded. */
export function prepareModule(specifier, home) {
  prepare(resolve(specifier, fileURLToPath(home)));
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

/** The files of modules, by who asks for what. */
const resolved = new Map();

function resolve(specifier, from) {
  const key = `${specifier} ${from}`;
  let file = resolved.get(key);
  if (file === undefined) resolved.set(key, (file = fileOf(specifier, from)));
  return file;
}

/** The file of a module, as `from` would find it: `@x/core`, `@x/thread/worker`, `./chunk.js`. */
function fileOf(specifier, from) {
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  const [scope, name, ...path] = specifier.split("/");
  const main = createRequire(from).resolve(`${scope}/${name}`);
  return path.length === 0 ? main : join(dirname(main), `${path.join("/")}.js`);
}

/**
 * Loads modules as the one at `home` would, and each of them once.
 *
 * @param adapt may change what `@x/core` exports before anybody else sees it
 */
export function freshModules(home, adapt) {
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
      if (specifier === "@x/core") adapt(exports);
    }
    return exports;
  };
  return (specifier) => load(specifier, fileURLToPath(home));
}
