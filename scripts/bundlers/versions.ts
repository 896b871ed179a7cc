/** The versions of the bundlers, in a sentence. */
import { versionOf } from "../consumers/tools.ts";
import { TITLES } from "../runtimes/runtimes.ts";

export function versionsOf(): string {
  const bundlers = [
    `esbuild ${versionOf("esbuild")}`,
    `Rollup ${versionOf("rollup")}`,
    `Rolldown ${versionOf("rolldown")}`,
    `tsup ${versionOf("tsup")}`,
    `tsdown ${versionOf("tsdown")}`,
    `webpack ${versionOf("webpack")}`,
    `Rspack ${versionOf("rspack", "@rspack/core")}`,
    `Vite ${versionOf("vite")}`,
    `ncc ${versionOf("ncc", "@vercel/ncc")}`,
    `Parcel ${versionOf("parcel")}`,
    `Next ${versionOf("next")}`,
    `postject ${versionOf("postject")}`,
    TITLES.bun,
  ];
  return `${bundlers.join(", ")}.`;
}
