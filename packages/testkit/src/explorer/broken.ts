/**
 * Breaks copies of built packages on purpose. An explorer must find the fault there; otherwise its
 * silence proves nothing.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A piece of a built package's text, and its replacement. The text must occur exactly one time. */
export interface Breakage {
  /** The package without its scope: `core`. */
  readonly package: string;
  readonly replace: string;
  readonly by: string;
}

/** Copies `bodies` and all our built packages into a temporary folder, and breaks the copies. */
export function breakCopies(bodies: URL, breakages: readonly Breakage[]): { readonly bodies: URL; remove(): void } {
  const source = fileURLToPath(bodies);
  const folder = mkdtempSync(join(tmpdir(), "broken-"));
  const scope = join(folder, "node_modules", "@x");
  mkdirSync(scope, { recursive: true });
  const packages = scopeOf(dirname(source));
  for (const name of readdirSync(packages)) {
    const from = realpathSync(join(packages, name));
    if (!existsSync(join(from, "dist", "index.js"))) continue;
    cpSync(join(from, "package.json"), join(scope, name, "package.json"), { recursive: true });
    cpSync(join(from, "dist"), join(scope, name, "dist"), { recursive: true });
  }
  for (const breakage of breakages) breakCopy(join(scope, breakage.package, "dist"), breakage);
  const copy = join(folder, basename(source));
  cpSync(source, copy);
  return { bodies: pathToFileURL(copy), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Breaks the only file in `folder` with this piece of text. */
function breakCopy(folder: string, { replace, by }: Breakage): void {
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const texts = files.map((name) => readFileSync(join(folder, name), "utf8"));
  const split = texts.map((text) => text.split(asBundled(replace)));
  const times = split.reduce((sum, pieces) => sum + pieces.length - 1, 0);
  if (times !== 1)
    throw new Error(`explorer: the built package has this ${times} times, cannot break it there: ${replace}`);
  const at = split.findIndex((pieces) => pieces.length === 2);
  writeFileSync(join(folder, files[at]!), split[at]!.join(withNumbers(by, texts[at]!)));
}

const NAME = /\b[A-Z][A-Z_]+\b/g;

/**
 * Matches `code` wherever the bundler breaks lines. The bundler writes members of enums like this:
 * `2 /* SHIFT *\/`.
 */
function asBundled(code: string): RegExp {
  const words = code.trim().split(/\s+/);
  const patterns = words.map((word) =>
    word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(NAME, "(?:$&|-?\\d+ /\\* $& \\*/)"),
  );
  return new RegExp(patterns.join("\\s+"));
}

/** Replaces the names of enum members by their numbers in `text`. */
function withNumbers(code: string, text: string): string {
  return code.replace(NAME, (name) => new RegExp(`(-?\\d+) /\\* ${name} \\*/`).exec(text)?.[1] ?? name);
}

/** The folder of npm's links to our packages, found from `folder` upwards. */
function scopeOf(folder: string): string {
  const scope = join(folder, "node_modules", "@x");
  if (existsSync(join(scope, "core"))) return scope;
  if (dirname(folder) === folder) throw new Error("explorer: our packages are not installed here");
  return scopeOf(dirname(folder));
}
