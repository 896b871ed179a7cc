/** Builds a fixture with a bundler, and deploys the output alone. */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../consumers/checks.ts";
import { type Files, inCommonJS, newProject, writeFiles } from "../consumers/project.ts";
import { newFolder } from "../consumers/tools.ts";
import { runChild, tail, troubleOf } from "../runtimes/child.ts";
import { type Form, MANIFEST } from "./forms.ts";

const FIXTURES = fileURLToPath(new URL("../../test/bundlers/", import.meta.url));

/** The Node that runs bundlers: several need a later one than 20.19. */
export const BUILDER = "node24";
const BUILD_MS = 120_000;

export interface Built {
  /** The folder with the output, and nothing else. */
  readonly folder: string;
  /** The program in it. */
  readonly main: string;
  /** Bytes of all code. */
  readonly size: number;
  /** What the bundler complains about; undefined: nothing. */
  readonly warnings: string | undefined;
  /** Copies of the library in the output. */
  readonly copies: number;
}

/** The build failed: every check of its output fails with this. */
export class BuildError extends Error {}

/** The sources of a folder of test/bundlers. */
function sourcesIn(fixture: string): Files {
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

/** Builds src/`entry` of the fixture, and moves the output to a folder without sources and without node_modules. */
export async function build(form: Form, entry: string, minified: boolean, environment: Environment): Promise<Built> {
  const sources = sourcesIn("node");
  const name = form.sources === "CommonJS" ? entry.replace(/\.js$/, ".cjs") : entry;
  const { files = {}, bin, args, main } = form.build(`src/${name}`, minified);
  const manifest = form.sources === "CommonJS" ? MANIFEST.replace(`"type":"module"`, `"type":"commonjs"`) : MANIFEST;
  const project = newProject(environment, {
    ...(form.tool !== "bun" && { tool: form.tool }),
    files: {
      "package.json": manifest,
      ...(form.sources === "CommonJS" ? asCommonJS(sources) : sources),
      ...files,
    },
  });
  const command =
    form.tool === "bun"
      ? { file: environment.runtime("bun").path, args }
      : { file: environment.runtime(BUILDER).path, args: [environment.tool(form.tool).bin(`.bin/${bin}`), ...args] };
  const ended = await runChild({ ...command, cwd: project, limit: BUILD_MS, env: QUIET });
  const said = `${ended.out}\n${ended.err}`;
  const trouble = troubleOf(ended);
  if (trouble !== undefined) throw new BuildError(`the build: ${trouble}\n${tail(said, 40)}`);

  const folder = newFolder();
  cpSync(join(project, dirname(main)), folder, { recursive: true });
  rmSync(project, { recursive: true });
  // Node takes a .js file for what the nearest manifest says; ncc writes a manifest of its own.
  if (main.endsWith(".js") && !readdirSync(folder).includes("package.json"))
    writeFiles(folder, { "package.json": `{ "type": "module" }` });
  const code = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[cm]?js$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const text = code.join("\n");
  return {
    ...{ folder, main: basename(main), size: Buffer.byteLength(text) },
    warnings: /warn|deprecat|critical/i.test(said) ? said.trim() : undefined,
    copies: Math.max(...MARKS.map((mark) => text.split(mark).length - 1)),
  };
}

/** Texts that stand once in the library: one in @x/core, one in @x/thread. */
const MARKS = [/exposed \d/, /@x\/thread platform \d/];

/** No telemetry, no look for a newer version, no colours in what is searched for warnings. */
const QUIET = { DO_NOT_TRACK: "1", NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
