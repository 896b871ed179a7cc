/**
 * A folder outside the workspace with the packages installed from their tarballs. Tests and
 * programs lie beside them, in the same places as in the repository.
 *
 *     node_modules/@x/…     the tarballs
 *     plain/…               tests and testkit, without types; `vitest` there is ./shim
 *     programs/…            the probes
 *
 * A second folder has tests and testkit unchanged, for vitest itself.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { readPackages, ROOT } from "../packages.ts";
import { installPackages } from "./packed.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The other dependencies of tests and apps. They are links, because they are not under test. */
const LINKED = [
  "cli-progress",
  "cli-table3",
  "echarts",
  "fast-check",
  "picocolors",
  "piscina",
  "sharp",
  "tsx",
  "typescript",
];

/** The parts of vitest under the shim. */
const SHIM_PARTS = ["@vitest/expect", "@vitest/runner", "@vitest/spy"];

export interface Site {
  readonly folder: string;
  /** Unchanged tests. */
  readonly written: string;
  /** Tests without types. */
  readonly plain: string;
  readonly programs: string;
  remove(): void;
}

/** The folder's name is hard to put into a URL, and the packages' own addresses must survive it. */
const NAME = "runtimes #1 100% ";

export function makeSite(): Site {
  const folder = mkdtempSync(join(tmpdir(), NAME));
  const plain = join(folder, "plain");
  const programs = join(folder, "programs");
  // vitest cannot read a folder of such a name.
  const written = mkdtempSync(join(tmpdir(), "runtimes-written-"));
  installPackages(folder);
  cpSync(join(folder, "node_modules/@x"), join(written, "node_modules/@x"), { recursive: true });
  for (const name of LINKED) {
    for (const tree of [folder, written]) link(join(tree, "node_modules", name), join(ROOT, "node_modules", name));
  }
  for (const [tree, isPlain] of [
    [written, false],
    [plain, true],
  ] as const) {
    copyTests(tree, isPlain);
    link(join(tree, "node_modules/@x/testkit"), join(tree, "packages/testkit"));
  }
  link(join(written, "node_modules/vitest"), join(ROOT, "node_modules/vitest"));
  for (const name of SHIM_PARTS) link(join(plain, "node_modules", name), join(ROOT, "node_modules", name));
  copyPlain(join(HERE, "shim"), join(plain, "node_modules/vitest"));
  write(join(plain, "node_modules/vitest/package.json"), { name: "vitest", type: "module", exports: "./index.js" });
  write(join(written, "vitest.config.mjs"), VITEST_CONFIG);
  cpSync(join(HERE, "probes"), programs, { recursive: true });
  const remove = (): void => [folder, written].forEach((made) => rmSync(made, { recursive: true, force: true }));
  return { folder, written, plain, programs, remove };
}

/** Only files for tests. The packages come from tarballs, without sources. */
function copyTests(tree: string, isPlain: boolean): void {
  const copy = isPlain ? copyPlain : copyWritten;
  for (const { folder, manifest } of readPackages()) {
    copy(join(ROOT, folder, "test"), join(tree, folder, "test"));
    if (folder === "packages/testkit") {
      copy(join(ROOT, folder, "src"), join(tree, folder, "src"));
      const index = isPlain ? "./src/index.js" : "./src/index.ts";
      write(join(tree, folder, "package.json"), { ...manifest, exports: index });
      continue;
    }
    if (folder.startsWith("packages/")) cpSync(join(ROOT, folder, "README.md"), join(tree, folder, "README.md"));
    if (folder.startsWith("apps/")) {
      // The programs run from the build; some tests read single source files.
      for (const part of ["src", "peers"]) copy(join(ROOT, folder, part), join(tree, folder, part));
      cpSync(join(ROOT, folder, "dist"), join(tree, folder, "dist"), { recursive: true });
    }
    write(join(tree, folder, "package.json"), { name: manifest.name, private: true, type: "module" });
  }
  for (const file of ["README.md", "docs"]) cpSync(join(ROOT, file), join(tree, file), { recursive: true });
}

function copyWritten(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

/** Copies a folder, and turns TypeScript into JavaScript. */
function copyPlain(from: string, to: string): void {
  if (!existsSync(from)) return;
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, file));
    if (/\.d\.[cm]?ts$/.test(file)) continue;
    const isTypeScript = /\.ts$/.test(file);
    write(isTypeScript ? target.replace(/\.ts$/, ".js") : target, isTypeScript ? stripped(file) : readFileSync(file));
  }
}

function stripped(file: string): string {
  return ts.transpileModule(readFileSync(file, "utf8"), {
    fileName: file,
    compilerOptions: {
      ...{ module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      ...{ verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true, inlineSourceMap: true },
    },
  }).outputText;
}

function link(at: string, to: string): void {
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(to, at);
}

function write(file: string, content: string | Buffer | object): void {
  mkdirSync(dirname(file), { recursive: true });
  const isText = typeof content === "string" || Buffer.isBuffer(content);
  writeFileSync(file, isText ? content : JSON.stringify(content, null, 2));
}

const VITEST_CONFIG = `
export default {
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    server: { deps: { external: [/\\/node_modules\\/@x\\//] } },
  },
};
`;
