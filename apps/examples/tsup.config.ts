import { preset } from "../../tsup.config.base.ts";

// One file in, one file out: a module that exposes functions to other threads keeps its own address.
export default preset({
    entry: ["src/**/*.ts"],
    format: ["esm"],
    dts: false,
    esbuildPlugins: [
        {
            name: "keep-modules-apart",
            setup(build) {
                build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path }) =>
                    kind === "entry-point" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true },
                );
            },
        },
    ],
});
