import { preset } from "../../tsup.config.base.ts";

// Both entries stand on one copy of the code: "." re-exports from the file of "./internal".
export default preset({
  entry: ["src/index.ts", "src/internal.ts"],
  esbuildPlugins: [
    {
      name: "one-copy",
      setup(build) {
        const path = build.initialOptions.format === "cjs" ? "./internal.cjs" : "./internal.js";
        build.onResolve({ filter: /^\.\/internal\.js$/ }, () => ({ path, external: true }));
      },
    },
  ],
});
