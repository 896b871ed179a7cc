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
import { PROGRAMS } from "../runtimes/pages.ts";

const PAGES = fileURLToPath(new URL("pages", import.meta.url));
const SHIM = fileURLToPath(new URL("../runtimes/shim/index.ts", import.meta.url));
const TESTKIT = join(ROOT, "packages/testkit/src");

/** The files of tests that start threads. Their tests are threads themselves. */
const WITH_THREADS =
  /^packages\/((thread|timer|threading|shared|executor)\/|queue\/test\/(queue|moved|owner-deaths)\.test)/;
/** The files of tests whose bunches are threads; see pages/bunch-threads.ts. */
const BUNCHES_ARE_THREADS = /^packages\/shared\//;

/** True if the tests of a file run in a thread. */
export function startsThreads(file: string): boolean {
  return WITH_THREADS.test(file);
}

/** Files of testkit with another file in their place. */
const REPLACED = ["bunch-workers", "script", "watchdog"];
/** Files of testkit for Node alone. */
const ABSENT = ["explorer/index", "memory", "readme-tests"];

/** The packages that a test may import by the address that `import.meta.resolve` gives. */
const PACKAGES = ["core", "lock", "event", "semaphore", "condition", "barrier", "queue", "shared", "executor"];

/** The parts of Node's modules that a page has. All other names of them throw at their use. */
const MODULES: Readonly<Record<string, string>> = {
  // For the probe of errors: an error with the fields of Node's.
  "node:fs of a probe": `
    export function readFileSync() {
      throw Object.assign(new Error("no such file"), { code: "ENOENT", syscall: "open" });
    }`,
  "node:assert": `
    import { equals, iterableEquality, sparseArrayEquality, arrayBufferEquality } from "@vitest/expect";
    import { expect } from "vitest";
    // toStrictEqual would take a field named constructor for the class of the object.
    const prototypes = (one, other) =>
      Object(one) === one && Object(other) === other && Object.getPrototypeOf(one) !== Object.getPrototypeOf(other) ? false : undefined;
    // Item by item, a megabyte would take half a minute.
    const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
    const areSame = (one, other) => one.every((byte, i) => byte === other[i]);
    const views = (one, other) =>
      ArrayBuffer.isView(one) && ArrayBuffer.isView(other)
        ? one.byteLength === other.byteLength && areSame(bytesOf(one), bytesOf(other))
        : undefined;
    const testers = [prototypes, views, iterableEquality, sparseArrayEquality, arrayBufferEquality];
    export default {
      ok: (value, message) => expect(Boolean(value), message).toBe(true),
      strictEqual: (one, other) => expect(one).toBe(other),
      deepStrictEqual: (one, other) => equals(one, other, testers, true) || expect(one).toStrictEqual(other),
      throws: (body) => expect(body).toThrow(),
    };`,
  "node:os": "export const availableParallelism = () => navigator.hardwareConcurrency;",
};

/** The prefix of an entry for a file of tests, before the file's path. */
const TESTS = "tests:";
/** The same for a program of scripts/runtimes/probes. */
const PROBE = "probe:";
const PROBES = fileURLToPath(new URL("../runtimes/probes", import.meta.url));

/**
 * Bundles these files of tests into a folder, with the page.
 *
 * @returns the warnings of esbuild
 */
export async function bundle(files: readonly string[], folder: string): Promise<string[]> {
  const { warnings } = await run({
    entryPoints: {
      ...Object.fromEntries(
        [
          ...[
            "page",
            "bunch-worker",
            "scenario",
            "scenario-worker",
            "scenario-thread",
            "soak-page",
            "soak-worker",
            "probe-page",
          ],
          ...["starts", "starts-worker", "starts-bare"],
        ].map((name) => [name, join(PAGES, `${name}.ts`)]),
      ),
      ...Object.fromEntries(PACKAGES.map((name) => [`packages/${name}`, `@x/${name}`])),
      ...Object.fromEntries(PROGRAMS.map((name) => [`probes/${name.replace(".mjs", "")}`, PROBE + name])),
      ...Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ""), TESTS + file])),
    },
    ...{ outdir: folder, absWorkingDir: ROOT, chunkNames: "chunks/[name]-[hash]", logLevel: "silent" },
    ...{ bundle: true, splitting: true, format: "esm", target: "es2022", sourcemap: true },
    // The packages as they are built, and not their sources.
    ...{ tsconfigRaw: {}, define: { "process.env.STRESS": "undefined" } },
    plugins: [stead()],
  });
  for (const page of ["index.html", "scenario.html", "soak.html", "probe.html", "starts.html"])
    cpSync(join(PAGES, page), join(folder, page));
  return warnings.map(({ text, location }) => `${text} (${location?.file}:${location?.line})`);
}

/** Puts in the place of names what there is in a page. */
function stead(): Plugin {
  return {
    name: "stead",
    setup(build) {
      build.onResolve({ filter: /^tests:/ }, ({ path }) => ({ path: path.slice(TESTS.length), namespace: "tests" }));
      build.onLoad({ filter: /./, namespace: "tests" }, ({ path }) => ({ contents: entry(path), resolveDir: ROOT }));
      build.onResolve({ filter: /^probe:/ }, ({ path }) => ({ path: path.slice(PROBE.length), namespace: "probe" }));
      build.onLoad({ filter: /./, namespace: "probe" }, ({ path }) => ({
        contents: probeEntry(path),
        resolveDir: ROOT,
      }));
      build.onResolve({ filter: /^\.\/probe\.mjs$/ }, () => ({ path: join(PAGES, "probe.ts") }));
      build.onResolve({ filter: /^node-probe$/ }, () => ({ path: join(PROBES, "probe.mjs") }));
      build.onResolve({ filter: /^vitest$/ }, () => ({ path: SHIM }));

      build.onResolve({ filter: /^node:/ }, ({ path, importer }) => ({
        path: importer.startsWith(PROBES) ? `${path} of a probe` : path,
        namespace: "absent",
      }));
      build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = join(resolveDir, path).replace(/\.js$/, "");
        if (/\/test\/\w+\.stress$/.test(file)) return { path: basename(file), namespace: "absent" };
        if (file.endsWith(".stress.ts")) return { path: file, sideEffects: true }; // imported for its tests
        if (!file.startsWith(TESTKIT)) return undefined;
        const name = file.slice(TESTKIT.length + 1);
        if (ABSENT.includes(name)) return { path: name, namespace: "absent" };
        return REPLACED.includes(name) ? { path: join(PAGES, `${basename(name)}.ts`) } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
        contents: MODULES[path] ?? absent(path),
        resolveDir: ROOT,
      }));

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
  const targets = [...targetsOf(join(ROOT, file))];
  // Used, because a bundler drops a bare import from a package without side effects.
  const used = targets.map((_, i) => `targets${i}`).join(", ");
  const lines = [
    `import { offer, runTests } from ${JSON.stringify(join(PAGES, "tests.ts"))};`,
    ...targets.map((target, i) => `import * as targets${i} from ${JSON.stringify(target)};`),
    `offer(${JSON.stringify(file)}, ${load}, [${used}]${BUNCHES_ARE_THREADS.test(file) ? ", { startPooledWorker: startThreadAsWorker }" : ""});`,
  ];
  if (BUNCHES_ARE_THREADS.test(file))
    lines.unshift(`import { startThreadAsWorker } from ${JSON.stringify(join(PAGES, "bunch-threads.ts"))};`);
  return startsThreads(file)
    ? [`import "@x/threading/worker";`, ...lines].join("\n")
    : [...lines, `void runTests(new URLSearchParams(location.search).get("only"));`].join("\n");
}

/** The file that the threads of a probe run. */
function probeEntry(program: string): string {
  const paths = [
    "@x/threading/worker",
    join(PAGES, "probe-arguments.ts"),
    join(PAGES, "probe.ts"),
    join(PROBES, program),
  ];
  return paths.map((path) => `import ${JSON.stringify(path)};`).join("\n");
}

/** The modules with functions for threads that a file of tests imports, itself or by its helpers. */
function targetsOf(file: string): Set<string> {
  const imported = readFileSync(file, "utf8").matchAll(/^(?:import|(?:import|export|\}) .*from) "(\.\/[^"]+)";/gm);
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
