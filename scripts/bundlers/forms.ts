/** The bundlers for Node, each in the configuration that its own guide begins with. */
import { basename } from "node:path";
import type { Files } from "../consumers/project.ts";
import type { Tool } from "../consumers/tools.ts";
import type { Id } from "../runtimes/runtimes.ts";

/** A bundler makes one file of a program. */
export interface Form {
  /** The row of the table. */
  readonly title: string;
  readonly tool: Tool | "bun";
  /** The commands and settings that its user writes. Undefined: nothing about this library. */
  readonly writes?: string;
  /** The sources are modules; a form for CommonJS sources says so. */
  readonly sources?: "CommonJS";
  /** The bundler minifies by default, so there is no other output to try. */
  readonly minifies?: true;
  readonly on: readonly On[];
  build(entry: string, minified: boolean): Build;
}

/** How a project is built. */
interface Build {
  readonly files?: Files;
  /** The bundler's command, and its arguments. */
  readonly bin: string;
  readonly args: readonly string[];
  /** The built program. Its folder is all that is deployed. */
  readonly main: string;
}

/** A runtime that outputs run on. */
type On = Extract<Id, "node20" | "node24" | "deno" | "bun">;

const NODES: readonly On[] = ["node20", "node24"];
const EVERYWHERE: readonly On[] = [...NODES, "deno", "bun"];

const flag = (wanted: boolean, ...flags: string[]): string[] => (wanted ? flags : []);

/** JSON, as a file of JavaScript. */
const config = (settings: object): string => `export default ${JSON.stringify(settings)};\n`;

type Format = "esm" | "cjs";
const NAMES = { esm: "modules", cjs: "CommonJS" };
const EXTENSIONS = { esm: "mjs", cjs: "cjs" };
const FORMATS: readonly Format[] = ["esm", "cjs"];

/** A manifest like that of an application: its dependencies are named. */
export const MANIFEST = JSON.stringify({
  ...{ name: "app", private: true, type: "module" },
  dependencies: { "@x/lock": "*", "@x/thread": "*", "@x/threading": "*" },
});

export const esbuild = (format: Format, sources?: "CommonJS"): Form => ({
  title: `esbuild, ${NAMES[format]}${sources === undefined ? "" : ` from ${sources}`}`,
  ...{ tool: "esbuild", on: EVERYWHERE, ...(sources !== undefined && { sources }) },
  build: (entry, minified) => {
    const main = `out/main.${EXTENSIONS[format]}`;
    const flags = ["--bundle", "--platform=node", `--format=${format}`, `--outfile=${main}`];
    return { bin: "esbuild", args: [entry, ...flags, ...flag(minified, "--minify")], main };
  },
});

const rollup = (format: Format): Form => ({
  ...{ title: `Rollup, ${NAMES[format]}`, tool: "rollup", on: NODES },
  build: (entry, minified) => {
    const main = `out/main.${EXTENSIONS[format]}`;
    const plugins = ["node-resolve", "commonjs", ...flag(minified, "terser")].flatMap((name) => ["-p", `@rollup/plugin-${name}`]); // prettier-ignore
    return { bin: "rollup", args: [entry, "--file", main, "--format", format, ...plugins], main };
  },
});

const rolldown = (format: Format): Form => ({
  ...{ title: `Rolldown, ${NAMES[format]}`, tool: "rolldown", on: NODES },
  build: (entry, minified) => {
    const main = `out/main.${EXTENSIONS[format]}`;
    const flags = ["--file", main, "--format", format, "--platform", "node", ...flag(minified, "--minify")];
    return { bin: "rolldown", args: [entry, ...flags], main };
  },
});

const tsup = (format: Format): Form => ({
  ...{ title: `tsup, ${NAMES[format]}`, tool: "tsup", on: NODES, writes: "`noExternal: [/^@x\\//]`" },
  build: (entry, minify) => ({
    files: {
      "tsup.config.mjs": `export default { entry: { main: "${entry}" }, format: "${format}", outDir: "out", minify: ${minify}, noExternal: [/^@x\\//] };\n`,
    },
    ...{ bin: "tsup", args: [], main: `out/main.${format === "esm" ? "js" : "cjs"}` },
  }),
});

const tsdown = (format: Format): Form => ({
  ...{ title: `tsdown, ${NAMES[format]}`, tool: "tsdown", on: NODES, writes: "`deps: { alwaysBundle: [/^@x\\//] }`" },
  build: (entry, minify) => ({
    files: {
      "tsdown.config.mjs": `export default { entry: { main: "${entry}" }, format: "${format}", outDir: "out", minify: ${minify}, deps: { alwaysBundle: [/^@x\\//] } };\n`,
    },
    ...{ bin: "tsdown", args: [], main: `out/main.${EXTENSIONS[format]}` },
  }),
});

export const webpack = (tool: "webpack" | "rspack", format: Format): Form => ({
  ...{ title: `${tool === "webpack" ? "webpack" : "Rspack"}, ${NAMES[format]}`, tool, minifies: true, on: NODES },
  build: (entry) => {
    const name = `main.${EXTENSIONS[format]}`;
    const output = {
      filename: `[name].${EXTENSIONS[format]}`,
      ...(format === "esm" && { module: true, chunkFormat: "module" }),
    };
    const settings = { mode: "production", target: "node20", entry: `./${entry}` };
    const modules = format === "esm" && tool === "webpack" ? { experiments: { outputModule: true } } : {};
    const path = `import.meta.dirname + "/out"`;
    const text = JSON.stringify({ ...settings, ...modules, output: { ...output, path: "PATH" } });
    return {
      files: { [`${tool}.config.mjs`]: `export default ${text.replace('"PATH"', path)};\n` },
      ...{ bin: tool, args: ["build"], main: `out/${name}` },
    };
  },
});

/** The library in a chunk of its own. The bundler's runtime stands in the entry, or in a file of its own. */
const inChunks = (tool: "webpack" | "rspack", format: Format, runtimeChunk?: "single"): Form => {
  const whole = webpack(tool, format);
  const optimization = { ...(runtimeChunk && { runtimeChunk }), splitChunks: { chunks: "all", minSize: 0 } };
  const extension = EXTENSIONS[format];
  return {
    ...whole,
    title: `${whole.title}, in chunks${runtimeChunk ? " with one runtime" : ""}`,
    writes: `\`optimization: { ${runtimeChunk ? 'runtimeChunk: "single", ' : ""}splitChunks: { chunks: "all" } }\``,
    build: (entry, minified) => {
      const made = whole.build(entry, minified);
      const [[name, text]] = Object.entries(made.files!) as [[string, string]];
      const names = JSON.stringify({ filename: `[name].${extension}`, chunkFilename: `[name].${extension}` });
      const changed = text
        .replace(`"filename":"main.${extension}"`, names.slice(1, -1))
        .replace(`"output":`, `"optimization":${JSON.stringify(optimization)},"output":`);
      return { ...made, files: { [name]: changed } };
    },
  };
};

const VITE: Form = {
  ...{ title: "Vite, server build", tool: "vite", on: NODES, writes: "`ssr: { noExternal: true }`" },
  build: (entry, minify) => ({
    files: { "vite.config.mjs": config({ build: { ssr: entry, outDir: "out", minify }, ssr: { noExternal: true } }) },
    ...{ bin: "vite", args: ["build"], main: `out/${basename(entry)}` },
  }),
};

const NCC: Form = {
  ...{ title: "ncc", tool: "ncc", on: NODES },
  build: (entry, minified) => ({
    ...{ bin: "ncc", args: ["build", entry, "-o", "out", ...flag(minified, "--minify")], main: "out/index.js" },
  }),
};

const PARCEL: Form = {
  ...{ title: "Parcel", tool: "parcel", on: NODES },
  writes: "`includeNodeModules: true` in the target",
  build: (entry, optimize) => ({
    files: {
      "package.json": JSON.stringify({
        ...(JSON.parse(MANIFEST) as object),
        targets: { app: { source: entry, distDir: "out", context: "node", includeNodeModules: true, optimize } },
      }),
    },
    ...{ bin: "parcel", args: ["build", "--no-cache"], main: `out/${basename(entry)}` },
  }),
};

const bun = (format: Format): Form => ({
  ...{ title: `bun build, ${NAMES[format]}`, tool: "bun", on: [...NODES, "bun"] },
  build: (entry, minified) => {
    const main = `out/main.${EXTENSIONS[format]}`;
    const flags = ["--target=node", `--format=${format}`, `--outfile=${main}`, ...flag(minified, "--minify")];
    return { bin: "bun", args: ["build", entry, ...flags], main };
  },
});

export const FORMS: readonly Form[] = [
  ...FORMATS.map((format) => esbuild(format)),
  esbuild("cjs", "CommonJS"),
  ...FORMATS.map(rollup),
  ...FORMATS.map(rolldown),
  ...FORMATS.map(tsup),
  ...FORMATS.map(tsdown),
  ...FORMATS.map((format) => webpack("webpack", format)),
  ...FORMATS.map((format) => webpack("rspack", format)),
  ...FORMATS.map((format) => inChunks("webpack", format)),
  inChunks("webpack", "cjs", "single"),
  inChunks("rspack", "cjs", "single"),
  VITE,
  NCC,
  PARCEL,
  ...FORMATS.map(bun),
];
