import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Manifest {
  name: string;
  private?: boolean;
  exports?: Record<string, unknown>;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  [key: string]: unknown;
}

export interface Package {
  /** The folder, from the root: `packages/lock`. */
  folder: string;
  manifest: Manifest;
  /** The imports of each source file. */
  imports: { file: string; specifier: string }[];
}

/** Every package of the repository, from disk. */
export function readPackages(root: string = ROOT): Package[] {
  return ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)))
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest,
      imports: sources(join(root, folder, "src")).flatMap((file) =>
        importsOf(readFileSync(file, "utf8")).map((specifier) => ({ file: file.slice(root.length), specifier })),
      ),
    }));
}

/** The imports and re-exports of a text, dynamic imports included. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}
