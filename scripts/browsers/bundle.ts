/**
 * Bundles the tests for a page, by esbuild: the very files that Node runs, the built packages, and
 * the shim in the place of vitest. Modules of Node, and the files of testkit that need them, throw when they
 * are used, so a test that needs them fails by itself; limits.ts lists these tests.
 */
import { cpSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as run, type Plugin } from "esbuild";
import { ROOT } from "../packages.ts";

const PAGES = fileURLToPath(new URL("pages", import.meta.url));
const SHIM = fileURLToPath(new URL("../runtimes/shim/index.ts", import.meta.url));
const TESTKIT = join(ROOT, "packages/testkit/src");

/** The packages whose tests start threads. Their tests are threads themselves. */
const WITH_THREADS = /^packages\/(thread|timer|threading)\//;

/** True if the tests of a file run in a thread. */
export function startsThreads(file: string): boolean {
  return WITH_THREADS.test(file);
}

/** Files of testkit with another file in their place. */
const REPLACED = ["bunch-workers", "script", "watchdog"];
/** Files of testkit for Node alone. */
const ABSENT = ["explorer/index", "memory", "readme-tests"];

/** The packages that a test may import by the address that `import.meta.resolve` gives. */
const PACKAGES = ["core", "lock", "event", "semaphore", "condition", "barrier"];

/** The parts of Node's modules that a page has. All other names of them throw at their use. */
const MODULES: Readonly<Record<string, string>> = {
  "node:os": "export const availableParallelism = () => navigator.hardwareConcurrency;",
};

/** The prefix of an entry for a file of tests, before the file's path. */
const TESTS = "tests:";

/**
 * Bundles these files of tests into a folder, with the page.
 *
 * @returns the warnings of esbuild
 */
export async function bundle(files: readonly string[], folder: string): Promise<string[]> {
  const { warnings } = await run({
    entryPoints: {
      ...Object.fromEntries(
        ["page", "bunch-worker", "scenario", "scenario-worker", "soak-page", "soak-worker"].map((name) => [
          name,
          join(PAGES, `${name}.ts`),
        ]),
      ),
      ...Object.fromEntries(PACKAGES.map((name) => [`packages/${name}`, `@x/${name}`])),
      ...Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ""), TESTS + file])),
    },
    ...{ outdir: folder, absWorkingDir: ROOT, chunkNames: "chunks/[name]-[hash]", logLevel: "silent" },
    ...{ bundle: true, splitting: true, format: "esm", target: "es2022", sourcemap: true },
    // The packages as they are built, and not their sources.
    ...{ tsconfigRaw: {}, define: { "process.env.STRESS": "undefined" } },
    plugins: [stead()],
  });
  for (const page of ["index.html", "scenario.html", "soak.html"]) cpSync(join(PAGES, page), join(folder, page));
  return warnings.map(({ text, location }) => `${text} (${location?.file}:${location?.line})`);
}

/** Puts in the place of names what there is in a page. */
function stead(): Plugin {
  return {
    name: "stead",
    setup(build) {
      build.onResolve({ filter: /^tests:/ }, ({ path }) => ({ path: path.slice(TESTS.length), namespace: "tests" }));
      build.onLoad({ filter: /./, namespace: "tests" }, ({ path }) => ({ contents: entry(path), resolveDir: ROOT }));
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
      build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({ contents: MODULES[path] ?? absent(path) }));

      build.onLoad({ filter: /\/packages\/\w+\/(test|src)\/.*\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replaceAll("import.meta.resolve(", "packageUrl("),
        loader: "ts",
      }));
    },
  };
}

/**
 * The file that the worker of the tests runs, and each of their threads. A thread evaluates the modules whose functions it may run,
 * and the tests import the same modules; it does not evaluate the tests.
 */
function entry(file: string): string {
  const load = `() => import(${JSON.stringify(`./${file}`)})`;
  const tests = `import { offer, runTests } from ${JSON.stringify(join(PAGES, "tests.ts"))};`;
  if (startsThreads(file)) {
    const targets = [...targetsOf(join(ROOT, file))];
    const imports = targets.map((target, i) => `import * as targets${i} from ${JSON.stringify(target)};`);
    // Used, because a bundler drops a bare import from a package without side effects.
    const used = targets.map((_, i) => `targets${i}`).join(", ");
    const lines = [tests, ...imports, `offer(${JSON.stringify(file)}, ${load}, [${used}]);`];
    return [`import "@x/threading/worker";`, ...lines].join("\n");
  }
  return [
    tests,
    `offer(${JSON.stringify(file)}, ${load}, []);`,
    `void runTests(new URLSearchParams(location.search).get("only"));`,
  ].join("\n");
}

/** The modules with functions for threads that a file of tests imports, itself or by its helpers. */
function targetsOf(file: string): Set<string> {
  const imported = readFileSync(file, "utf8").matchAll(/^(?:import|export|\}) .*from "(\.\/[^"]+)";$/gm);
  const paths = [...imported].map(([, path]) => join(dirname(file), path!.replace(/\.js$/, ".ts")));
  const targets = paths.filter((path) => path.endsWith(".workers.mjs"));
  const helpers = paths.filter((path) => path.endsWith(".ts"));
  return new Set([...targets, ...helpers.flatMap((path) => [...targetsOf(path)])]);
}

/** A CommonJS module whose every export is a function that throws. */
function absent(name: string): string {
  return `
    const throwing = (key) => function () { throw new Error(${JSON.stringify(name)} + " is not there in a page: " + key); };
    module.exports = Object.create(new Proxy({}, { get: (_, key) => (key === "__esModule" ? true : throwing(String(key))) }));`;
}
