import type { Options } from "tsup";

// In the CommonJS build there is no import.meta.url. The banner computes it from __filename in a way that also holds
// for folders with `#` or `%` in their names. A bundle of ES modules with this build in it has no __filename: there the library learns its
// file from the stack. It repeats "use strict" because it pushes esbuild's own off the first line.
const MODULE_URL =
  '"use strict";var __moduleUrl = typeof __filename === "string" ? globalThis.process?.getBuiltinModule?.("node:url").pathToFileURL(__filename).href : undefined;';

/**
 * When it bundles, esbuild turns `class Lock`, if that mentions itself, into `var Lock = class _Lock`, and users would
 * see `_Lock` in stacks and in the console. Its own cure, `keepNames`, costs a call for every function that is made.
 */
function withOwnNames(code: string): string {
  const renamed = [...code.matchAll(/^var (\w+) = class (_\1\d*)\b/gm)];
  return renamed.reduce((text, [, name, alias]) => text.replace(new RegExp(`\\b${alias}\\b`, "g"), `${name}`), code);
}

/**
 * A file that is an entry of its package is built as a file, and the other entries import that file. So its code stands once, and a
 * bundler leaves it out where no import needs it.
 */
function entriesAsFiles(entries: Options["entry"]): NonNullable<Options["esbuildPlugins"]>[number] {
  return {
    name: "entries-as-files",
    setup(build) {
      const extension = build.initialOptions.format === "cjs" ? ".cjs" : ".js";
      const names = Array.isArray(entries)
        ? entries.map((entry) => `.${entry.slice("src".length, -".ts".length)}`)
        : [];
      build.onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path }) => {
        const name = path.slice(0, -".js".length);
        return names.includes(name) ? { path: name + extension, external: true } : undefined;
      });
    },
  };
}

/**
 * How every package of this repository is built. `options` say what is different here, usually nothing; `types` names the sources of
 * types, if these are others than the entries.
 */
export function preset({
  types,
  entry = ["src/index.ts"],
  esbuildPlugins = [],
  ...options
}: Options & { readonly types?: string[] } = {}): Options {
  return {
    entry,
    // A package's own plugins come first: they may resolve an entry otherwise.
    esbuildPlugins: [...esbuildPlugins, entriesAsFiles(entry)],
    format: ["esm", "cjs"],
    target: "es2022",
    sourcemap: true,
    clean: true,
    // tsup sets `baseUrl` for this step, which TypeScript 6 calls deprecated.
    dts: { ...(types && { entry: types }), compilerOptions: { ignoreDeprecations: "6.0", stripInternal: true } },
    esbuildOptions(esbuild, { format }) {
      // What several entries share has one name, without a hash: a build that is taken from the cache leaves no older one beside it.
      esbuild.chunkNames = "shared";
      // Parcel asks for a polyfill of a free `process`, even in code that a page never runs, and fails without it.
      esbuild.define = { ...esbuild.define, process: "globalThis.process" };
      if (format !== "cjs") return;
      esbuild.define = { ...esbuild.define, "import.meta.url": "__moduleUrl" };
      esbuild.banner = { js: MODULE_URL };
    },
    plugins: [
      {
        name: "own-names",
        renderChunk: (code, { map }) => ({ code: withOwnNames(code), map: map ?? null }),
      },
    ],
    ...options,
  };
}
