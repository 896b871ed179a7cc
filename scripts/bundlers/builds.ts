/** Builds a fixture with a bundler, and deploys the output alone. */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../consumers/checks.ts";
import { type Files, inCommonJS, newProject, writeFiles } from "../consumers/project.ts";
import { newFolder, type Tool } from "../consumers/tools.ts";
import { type Command, runChild, tail, troubleOf } from "../runtimes/child.ts";
import type { Id } from "../runtimes/runtimes.ts";
import { type Form, MANIFEST } from "./forms.ts";
import { OUT, type PageForm } from "./page-forms.ts";

const FIXTURES = fileURLToPath(new URL("../../test/bundlers/", import.meta.url));

/** The Node that runs bundlers: several need a later one than 20.19. */
export const BUILDER = "node24" satisfies Id;
const BUILD_MS = 120_000;

/** The output of a bundler. */
export interface Output {
  /** The folder with the output, and nothing else. */
  readonly folder: string;
  /** Bytes of all code. */
  readonly size: number;
  /** What the bundler complains about; undefined: nothing. */
  readonly warnings: string | undefined;
  /** Copies of the library in the output. */
  readonly copies: number;
}

/** The output with a program for Node. */
export interface Built extends Output {
  readonly main: string;
}

/** The build failed: every check of its output fails with this. */
export class BuildError extends Error {}

/** The sources of a folder of test/bundlers. */
export function sourcesIn(fixture: string): Files {
  const folder = join(FIXTURES, fixture);
  return Object.fromEntries(
    readdirSync(folder).map((name) => [`src/${name}`, readFileSync(join(folder, name), "utf8")]),
  );
}

function asCommonJS(sources: Files): Files {
  return Object.fromEntries(
    Object.entries(sources).map(([name, text]) => [name.replace(/\.js$/, ".cjs"), inCommonJS(text, ".js")]),
  );
}

/**
 * Builds src/`entry`, and moves the output to a folder without sources and without node_modules.
 *
 * @param arrange changes the project before it is built
 */
export async function build(
  form: Form,
  entry: string,
  minified: boolean,
  environment: Environment,
  arrange?: (project: string) => void,
): Promise<Built> {
  const isCommonJS = form.sources === "CommonJS";
  const sources = sourcesIn("node");
  const { files, bin, args, main } = form.build(`src/${isCommonJS ? entry.replace(/\.js$/, ".cjs") : entry}`, minified);
  const project = makeProject(form.tool, environment, {
    "package.json": isCommonJS ? MANIFEST.replace(`"type":"module"`, `"type":"commonjs"`) : MANIFEST,
    ...(isCommonJS ? asCommonJS(sources) : sources),
    ...files,
  });
  arrange?.(project);
  const said = await bundle(form.tool, bin, args, project, environment);
  const output = deploy(project, dirname(main), said);
  // Node takes a .js file for what the nearest manifest says; ncc writes a manifest of its own.
  if (main.endsWith(".js") && !readdirSync(output.folder).includes("package.json"))
    writeFiles(output.folder, { "package.json": `{ "type": "module" }` });
  return { ...output, main: basename(main) };
}

/** Builds the page of the fixture, and moves the output to a folder of its own. */
export async function buildPage(form: PageForm, fixture: PageFixture, environment: Environment): Promise<Output> {
  const { files, bin, args, html } = form.build(fixture.worker);
  const sources = sourcesIn(fixture.name);
  const project = makeProject(form.tool, environment, { "package.json": MANIFEST, ...sources, ...files });
  const said = await bundle(form.tool, bin, args, project, environment);
  if (html !== undefined) writeFiles(project, { [`${OUT}/index.html`]: sources["src/index.html"]! });
  return deploy(project, OUT, said);
}

/** A folder of test/bundlers with a page. */
export interface PageFixture {
  readonly name: string;
  /** The file of its workers. */
  readonly worker: string;
}

/** A project with the sources of a page, for a server. */
export function pageProject(form: PageForm, fixture: PageFixture, files: Files, environment: Environment): string {
  return makeProject(form.tool, environment, { "package.json": MANIFEST, ...sourcesIn(fixture.name), ...files });
}

export function makeProject(tool: Tool | "bun", environment: Environment, files: Files): string {
  // Parcel takes the nearest folder with a lock file for the project's.
  return newProject(environment, { ...(tool !== "bun" && { tool }), files: { ...files, "package-lock.json": "{}" } });
}

/** The bundler's command, for a child process. */
export function commandOf(
  tool: Tool | "bun",
  bin: string,
  args: readonly string[],
  environment: Environment,
): Pick<Command, "file" | "args" | "env"> {
  if (tool === "bun") return { file: environment.runtime("bun").path, args, env: QUIET };
  const file = environment.tool(tool).bin(`.bin/${bin}`);
  return { file: environment.runtime(BUILDER).path, args: [file, ...args], env: QUIET };
}

/** Returns what the bundler said. @throws BuildError if it fails */
export async function bundle(
  tool: Tool | "bun",
  bin: string,
  args: readonly string[],
  project: string,
  environment: Environment,
): Promise<string> {
  const ended = await runChild({ ...commandOf(tool, bin, args, environment), cwd: project, limit: BUILD_MS });
  const said = `${ended.out}\n${ended.err}`;
  const trouble = troubleOf(ended);
  if (trouble !== undefined) throw new BuildError(`the build: ${trouble}\n${tail(said, 40)}`);
  return said;
}

function deploy(project: string, out: string, said: string): Output {
  const folder = newFolder();
  cpSync(join(project, out), folder, { recursive: true });
  rmSync(project, { recursive: true });
  const code = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.[cm]?js$/.test(name));
  const text = code.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return {
    ...{ folder, size: Buffer.byteLength(text) },
    warnings: /warn|deprecat|critical/i.test(said) ? said.trim() : undefined,
    copies: text.split(MARK).length - 1,
  };
}

/** A text that stands once in each copy of @x/core, minified or not. */
const MARK = /@x\/core pack["'`]/;

/** No telemetry, and no look for a newer version. */
const QUIET = { DO_NOT_TRACK: "1", NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
