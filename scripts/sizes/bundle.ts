/** Bundles a program from the sources of the packages, with some of their code left out, and weighs it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * What to leave out of a file: the name of a function, method or constant, mapped to the text in place of its body or its value.
 * `GONE` removes the member of a class.
 */
export type Cuts = Readonly<Record<string, string>>;

export const GONE = "";

export interface Weight {
  /** Minified bytes. */
  readonly minified: number;
  /** Minified bytes, compressed by Brotli. */
  readonly brotli: number;
}

/** The file with the cuts. Throws if a name is not there, so that no cut is forgotten when the code moves. */
export function cut(file: string, text: string, cuts: Cuts): string {
  const left = new Map(Object.entries(cuts));
  const edits: { from: number; to: number; by: string }[] = [];
  const visit = (node: ts.Node, scope: string): void => {
    const name = nameOf(node);
    const path = name === undefined ? scope : scope === "" ? name : `${scope}.${name}`;
    const by = name === undefined ? undefined : left.get(path);
    const range = by === undefined ? undefined : rangeOf(node, by);
    if (range === undefined) return ts.forEachChild(node, (child) => visit(child, path));
    left.delete(path);
    edits.push({ ...range, by: by! });
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), "");
  if (left.size > 0) throw new Error(`sizes: ${file} has no ${[...left.keys()].join(", ")}; mend scripts/sizes`);
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((edited, { from, to, by }) => edited.slice(0, from) + by + edited.slice(to), text);
}

function nameOf(node: ts.Node): string | undefined {
  const isNamed =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isClassElement(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node);
  return isNamed && node.name !== undefined ? node.name.getText() : undefined;
}

/** The part of the declaration that a cut replaces: the body, the value, or all of it. */
function rangeOf(node: ts.Node, by: string): { from: number; to: number } | undefined {
  const { body, initializer } = node as { body?: ts.Node; initializer?: ts.Node };
  const part = by === GONE ? node : (body ?? initializer);
  return part && { from: part.getStart(), to: part.getEnd() };
}

/** @param cuts by file, such as `core/src/check.ts` */
export async function weigh(
  program: string,
  { browser = false, cuts = {} }: { readonly browser?: boolean; readonly cuts?: Readonly<Record<string, Cuts>> } = {},
): Promise<Weight> {
  const left = new Set(Object.keys(cuts));
  const cutting: Plugin = {
    name: "cuts",
    setup(build) {
      build.onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => {
        const file = path.slice(resolve(ROOT, "packages").length + 1);
        const ofFile = cuts[file];
        if (ofFile === undefined) return undefined;
        left.delete(file);
        return { contents: cut(file, readFileSync(path, "utf8"), ofFile), loader: "ts" };
      });
      // As in the build of core for browsers: `X.browser.ts` stands in for `X.ts`.
      if (browser)
        build.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, importer }) => {
          const file = join(dirname(importer), path.replace(/\.js$/, ".browser.ts"));
          return existsSync(file) ? { path: file } : undefined;
        });
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: resolve(ROOT, "packages/threading"), loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["@x/source"],
    platform: "neutral",
    logLevel: "error",
    plugins: [cutting],
  });
  if (left.size > 0) throw new Error(`sizes: ${[...left].join(", ")} is not in the bundle; mend scripts/sizes`);
  const [{ contents }] = outputFiles as unknown as [{ contents: Uint8Array }];
  return { minified: contents.length, brotli: brotliCompressSync(contents).length };
}
