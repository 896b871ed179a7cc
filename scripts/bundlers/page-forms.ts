/** The bundlers for pages, each in the configuration that its own guide begins with. */
import type { Files } from "../consumers/project.ts";
import type { Tool } from "../consumers/tools.ts";

/** A bundler makes a page of src/index.html and src/main.js; a worker's file is src/`worker`. */
export interface PageForm {
  /** The row of the table. */
  readonly title: string;
  readonly tool: Tool | "bun";
  /** What its user writes beside the page. Undefined: nothing. */
  readonly writes?: string;
  build(worker: string): PageBuild;
  /** The command of its server for developers. */
  serve?(port: number): Omit<PageBuild, "html">;
}

interface PageBuild {
  readonly files?: Files;
  /** The bundler's command, and its arguments. */
  readonly bin: string;
  readonly args: readonly string[];
  /** The bundler makes no page: index.html is copied. */
  readonly html?: "copied";
}

/** The output of each. */
export const OUT = "out";

const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Bundlers of files: the worker's file is one more entry. */
const WRITES = "the worker's file is an entry, too";

const VITE: PageForm = {
  ...{ title: "Vite", tool: "vite" },
  build: () => ({ bin: "vite", args: ["build", "src", "--outDir", `../${OUT}`] }),
  serve: (port) => ({
    files: { "src/vite.config.mjs": `export default ${JSON.stringify({ server: { headers: HEADERS } })};\n` },
    ...{ bin: "vite", args: ["src", "--port", String(port), "--strictPort", "--host", "127.0.0.1"] },
  }),
};

/** Both hint at a script of more than 250 or 300 kB. Its size is in the table. */
const NO_HINTS = { hints: false };

function webpackConfig(tool: "webpack" | "rspack", settings: object): Files {
  const [imports, plugin] =
    tool === "webpack"
      ? [`import Html from "html-webpack-plugin";\n`, "new Html()"]
      : [`import { rspack } from "@rspack/core";\n`, "new rspack.HtmlRspackPlugin()"];
  const text = JSON.stringify({ entry: "./src/main.js", ...settings }).slice(1, -1);
  const output = `output: { path: import.meta.dirname + "/${OUT}" }`;
  return { [`${tool}.config.mjs`]: `${imports}export default { ${text}, ${output}, plugins: [${plugin}] };\n` };
}

const WEBPACK: PageForm = {
  ...{ title: "webpack", tool: "webpack" },
  build: () => ({
    files: webpackConfig("webpack", { mode: "production", performance: NO_HINTS }),
    bin: "webpack",
    args: ["build"],
  }),
  serve: (port) => ({
    files: webpackConfig("webpack", { mode: "development", devServer: { host: "127.0.0.1", port, headers: HEADERS } }),
    ...{ bin: "webpack", args: ["serve"] },
  }),
};

const RSPACK: PageForm = {
  ...{ title: "Rspack", tool: "rspack" },
  build: () => ({
    files: webpackConfig("rspack", { mode: "production", performance: NO_HINTS }),
    bin: "rspack",
    args: ["build"],
  }),
};

const PARCEL: PageForm = {
  ...{ title: "Parcel", tool: "parcel" },
  build: () => ({ bin: "parcel", args: ["build", "src/index.html", "--dist-dir", OUT, "--no-cache"] }),
};

const ESBUILD: PageForm = {
  ...{ title: "esbuild", tool: "esbuild", writes: WRITES },
  build: (worker) => ({
    ...{ bin: "esbuild", html: "copied" },
    args: ["src/main.js", `src/${worker}`, "--bundle", "--format=esm", `--outdir=${OUT}`, "--minify"],
  }),
};

const ROLLUP: PageForm = {
  ...{ title: "Rollup", tool: "rollup", writes: WRITES },
  build: (worker) => ({
    files: {
      "rollup.config.mjs": `import resolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
export default { input: ["src/main.js", "src/${worker}"], output: { dir: "${OUT}" }, plugins: [resolve({ browser: true }), terser()] };
`,
    },
    ...{ bin: "rollup", args: ["-c"], html: "copied" },
  }),
};

const ROLLDOWN: PageForm = {
  ...{ title: "Rolldown", tool: "rolldown", writes: WRITES },
  build: (worker) => ({
    ...{ bin: "rolldown", html: "copied" },
    args: ["src/main.js", `src/${worker}`, "--dir", OUT, "--platform", "browser", "--minify"],
  }),
};

const BUN: PageForm = {
  ...{ title: "bun build", tool: "bun", writes: WRITES },
  build: (worker) => ({
    ...{ bin: "bun", html: "copied" },
    args: ["build", "src/main.js", `src/${worker}`, "--outdir", OUT, "--target=browser", "--minify"],
  }),
};

export const PAGE_FORMS: readonly PageForm[] = [VITE, WEBPACK, RSPACK, PARCEL, ESBUILD, ROLLUP, ROLLDOWN, BUN];
