/**
 * Bundles the tests for a page, by esbuild: the very files that Node runs, the built packages, and
 * the shim in the place of vitest. Modules of Node, and the files of testkit that need them, throw when they
 * are used, so a test that needs them fails by itself; limits.ts lists these tests.
 */
import { cpSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as run, type Plugin } from "esbuild";
import { ROOT } from "../packages.ts";

const PAGES = fileURLToPath(new URL("pages", import.meta.url));
const SHIM = fileURLToPath(new URL("../runtimes/shim/index.ts", import.meta.url));
const TESTKIT = join(ROOT, "packages/testkit/src");

/** Files of testkit with another file in their place. */
const REPLACED = ["bunch-workers", "script", "watchdog"];
/** Files of testkit for Node alone. */
const ABSENT = ["explorer/index", "memory", "readme-tests"];

/** The packages that a test may import by the address that `import.meta.resolve` gives. */
const PACKAGES = ["core", "lock", "event", "semaphore", "condition", "barrier"];

/**
 * Bundles these files of tests into a folder, with the page.
 *
 * @returns the warnings of esbuild
 */
export async function bundle(files: readonly string[], folder: string): Promise<string[]> {
  const { warnings } = await run({
    entryPoints: {
      ...Object.fromEntries(
        ["page", "tests", "bunch-worker", "scenario", "scenario-worker"].map((name) => [
          name,
          join(PAGES, `${name}.ts`),
        ]),
      ),
      ...Object.fromEntries(PACKAGES.map((name) => [`packages/${name}`, `@x/${name}`])),
    },
    ...{ outdir: folder, absWorkingDir: ROOT, chunkNames: "chunks/[name]-[hash]", logLevel: "silent" },
    ...{ bundle: true, splitting: true, format: "esm", target: "es2022", sourcemap: "inline" },
    // The packages as they are built, and not their sources.
    ...{ tsconfigRaw: {}, define: { "process.env.STRESS": "undefined" } },
    plugins: [stead(files)],
  });
  for (const page of ["index.html", "scenario.html"]) cpSync(join(PAGES, page), join(folder, page));
  return warnings.map(({ text, location }) => `${text} (${location?.file}:${location?.line})`);
}

/** Puts in the place of names what there is in a page. */
function stead(files: readonly string[]): Plugin {
  return {
    name: "stead",
    setup(build) {
      build.onResolve({ filter: /^tests:files$/ }, () => ({ path: "files", namespace: "tests" }));
      build.onLoad({ filter: /^files$/, namespace: "tests" }, () => ({ contents: importing(files), resolveDir: ROOT }));
      build.onResolve({ filter: /^vitest$/ }, () => ({ path: SHIM }));

      build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "absent" }));
      build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = join(resolveDir, path).replace(/\.js$/, "");
        if (/\/test\/\w+\.stress$/.test(file)) return { path: basename(file), namespace: "absent" };
        if (!file.startsWith(TESTKIT)) return undefined;
        const name = file.slice(TESTKIT.length + 1);
        if (ABSENT.includes(name)) return { path: name, namespace: "absent" };
        return REPLACED.includes(name) ? { path: join(PAGES, `${basename(name)}.ts`) } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({ contents: absent(path) }));

      build.onLoad({ filter: /\/packages\/\w+\/(test|src)\/.*\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replaceAll("import.meta.resolve(", "packageUrl("),
        loader: "ts",
      }));
    },
  };
}

function importing(files: readonly string[]): string {
  const lines = files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(`./${file}`)}),`);
  return `export const FILES = {\n${lines.join("\n")}\n};`;
}

/** A CommonJS module whose every export is a function that throws. */
function absent(name: string): string {
  return `
    const throwing = (key) => function () { throw new Error(${JSON.stringify(name)} + " is not there in a page: " + key); };
    module.exports = Object.create(new Proxy({}, { get: (_, key) => (key === "__esModule" ? true : throwing(String(key))) }));`;
}
