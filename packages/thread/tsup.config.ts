import { fileURLToPath } from "node:url";
import { preset } from "../../tsup.config.base.ts";

const INDEX = fileURLToPath(new URL("src/index.ts", import.meta.url));

// first.js holds all code; the other entries import it. The face for users is made from index.ts: its names, taken from the first copy.
const packages = preset({
  // By name: what is listed by path imports each other entry as a file, but first.js holds the code of index.ts.
  entry: { index: "src/index.ts", internal: "src/internal.ts", worker: "src/worker.ts", first: "src/first.ts" },
  splitting: false,
  clean: ["!supervise.cjs"],
  types: ["src/index.ts", "src/internal.ts", "src/worker.ts"],
  esbuildPlugins: [
    {
      name: "faces",
      setup({ esbuild, initialOptions, onLoad, onResolve }) {
        const path = initialOptions.format === "cjs" ? "./first.cjs" : "./first.js";
        onResolve({ filter: /^\.\/first\.js$/ }, () => ({ path, external: true }));
        // first.ts holds the sources of index.ts, of which the face index.js is made.
        onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: INDEX }));
        onResolve({ filter: /src[\\/]index\.ts$/ }, ({ kind }) => {
          return kind === "entry-point" ? { path: INDEX, namespace: "face" } : undefined;
        });
        onLoad({ filter: /./, namespace: "face" }, async () => {
          const { metafile } = await esbuild.build({
            ...{ entryPoints: [INDEX], bundle: true, format: "esm", packages: "external", target: "es2022" },
            ...{ metafile: true, write: false, logLevel: "silent" },
          });
          const names = Object.values(metafile.outputs).flatMap((output) => output.exports);
          return {
            contents: `import { first } from "./first.js";\nexport const { ${names.join(", ")} } = first;`,
            resolveDir: fileURLToPath(new URL("src", import.meta.url)),
          };
        });
      },
    },
  ],
});

// The supervisor's file is read as text, and no program imports it. Its identifiers stay, for the stacks of its errors.
const supervisor = preset({
  entry: { supervise: "src/supervise.ts" },
  format: ["cjs"],
  dts: false,
  sourcemap: false,
  clean: false,
  noExternal: [/^@x\/core/],
  esbuildPlugins: [
    {
      name: "small",
      setup: ({ initialOptions }) => void Object.assign(initialOptions, { minifyWhitespace: true, minifySyntax: true }),
    },
  ],
});

export default [packages, supervisor];
