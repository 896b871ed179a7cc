import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Options } from "tsup";
import { preset } from "../../tsup.config.base.ts";

/** In the build for browsers, `X.browser.ts` stands in for `X.ts`. */
const forBrowsers: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "for-browsers",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, importer }) => {
      const file = join(dirname(importer), path.replace(/\.js$/, ".browser.ts"));
      return existsSync(file) ? { path: file } : undefined;
    });
  },
};

export default [
  // Both entries stand on one copy of the code: "." re-exports from the file of "./internal".
  preset({ entry: ["src/index.ts", "src/internal.ts"], clean: ["!browser/**"] }),
  preset({
    entry: ["src/index.ts", "src/internal.ts"],
    outDir: "dist/browser",
    format: ["esm"],
    dts: false,
    esbuildPlugins: [forBrowsers],
  }),
];
