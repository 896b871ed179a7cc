/** Programs for Node, bundled into one file in which the library stands twice. */
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Environment, Found } from "../consumers/checks.ts";
import { inCommonJS, writeFiles } from "../consumers/project.ts";
import { BUILDER, build, type Built, sourcesIn } from "./builds.ts";
import { type BundlerCheck, sizeKey, sizes, tried } from "./facts.ts";
import { esbuild, type Form, webpack } from "./forms.ts";
import { holds, NODE_PART, run } from "./node.ts";

export const COPIES_PART = "copies";

interface CopyForm extends Form {
  /** Makes the program import two copies. */
  arrange(project: string, environment: Environment): void;
}

const LIBRARY = "src/library.js";

/**
 * Lets the program import its library from elsewhere. An error that comes from a thread is of a class of
 * either copy; `instanceof` holds for both.
 */
function importFrom(project: string, library: string): void {
  const file = join(project, "src/main.js");
  let text = readFileSync(file, "utf8");
  for (const [from, to] of [
    [`"./library.js"`, JSON.stringify(library)],
    ["error.constructor === ERRORS[name]", "error instanceof ERRORS[name]"],
  ] as const) {
    if (!text.includes(from)) throw new Error(`test:bundlers: main.js has no ${from}`);
    text = text.replace(from, to);
  }
  writeFiles(project, { "src/main.js": text });
}

function libraryOf(): string {
  return sourcesIn(NODE_PART)[LIBRARY]!;
}

/** The program imports, and its library requires. */
function beside(project: string): void {
  importFrom(project, "./library.cjs");
  writeFiles(project, { "src/library.cjs": inCommonJS(libraryOf(), ".js") });
}

/** The library brings a later version of the packages. */
function versions(project: string, environment: Environment): void {
  importFrom(project, "library");
  const manifest = { name: "library", version: "1.0.0", type: "module", exports: "./index.js" };
  const folder = "node_modules/library";
  writeFiles(project, { [`${folder}/index.js`]: libraryOf(), [`${folder}/package.json`]: JSON.stringify(manifest) });
  environment.installInto(join(project, folder), environment.newer);
}

/** Each package is a link, and finds the others by links in its own folder. */
function links(project: string): void {
  importFrom(project, "./library.js");
  const scope = join(project, "node_modules/@x");
  const store = join(project, "store");
  renameSync(scope, store);
  const names = readdirSync(store);
  const linkIn = (folder: string, all: readonly string[]): void => {
    mkdirSync(folder, { recursive: true });
    for (const name of all) symlinkSync(join(store, name), join(folder, name));
  };
  linkIn(scope, names);
  for (const name of names) {
    const manifest = JSON.parse(readFileSync(join(store, name, "package.json"), "utf8")) as { dependencies?: object };
    const needed = Object.keys(manifest.dependencies ?? {}).map((one) => one.replace("@x/", ""));
    linkIn(join(store, name, "node_modules/@x"), needed);
  }
}

const preserving: Form = {
  ...esbuild("esm"),
  build: (entry, minified) => {
    const made = esbuild("esm").build(entry, minified);
    return { ...made, args: [...made.args, "--preserve-symlinks"] };
  },
};

export const COPY_FORMS: readonly CopyForm[] = [
  { ...esbuild("esm"), title: "modules beside CommonJS, esbuild", arrange: beside },
  { ...esbuild("esm"), title: "two versions, esbuild", arrange: versions },
  { ...webpack("webpack", "cjs"), title: "two versions, webpack", arrange: versions },
  { ...preserving, title: "linked packages, esbuild", writes: "`--preserve-symlinks`", arrange: links },
];

const NODES = ["node20", "node24"] as const;

export function copyChecks(environment: Environment): BundlerCheck[] {
  return COPY_FORMS.flatMap((form) => {
    const on = form.title;
    const needs: BundlerCheck["needs"] = [form.tool, BUILDER];
    let promise: Promise<Built> | undefined;
    const built = (): Promise<Built> =>
      (promise ??= build(form, "main.js", true, environment, (project) => form.arrange(project, environment)));
    return [
      {
        ...{ on, needs, column: "warnings", name: "the build warns of nothing, and has several copies" },
        run: () =>
          tried(async () => {
            const output = await built();
            sizes.set(sizeKey(COPIES_PART, on), output.size);
            return hasCopies(output);
          }),
      },
      ...NODES.map((id): BundlerCheck => ({
        ...{ on, needs: [...needs, id], column: id, name: `${id}: the bundle does what the sources do` },
        run: () => tried(async () => holds(await run(await built(), id, environment))),
      })),
    ];
  });
}

function hasCopies({ warnings, copies }: Built): Found {
  if (warnings !== undefined) return { state: "fail", sees: "the bundler warns", details: warnings };
  return copies > 1 ? { state: "pass" } : { state: "fail", sees: "there is one copy: the check tries nothing" };
}
