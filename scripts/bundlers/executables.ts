/** A program and its runtime in one executable. */
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment, Found } from "../consumers/checks.ts";
import { LIMIT_MS, writeFiles } from "../consumers/project.ts";
import { type Ended, runChild, tail, troubleOf } from "../runtimes/child.ts";
import type { Limit } from "../runtimes/verdicts.ts";
import { BUILDER, build, BuildError, type Built, commandOf } from "./builds.ts";
import { type BundlerCheck, tried } from "./facts.ts";
import { esbuild, type Form } from "./forms.ts";
import { holds } from "./node.ts";

const SEA = "Node, the bundle in the executable";
const SEA_BESIDE = "Node, the bundle beside the executable";

const BUN: Form = {
  ...{ title: "bun build --compile", tool: "bun", on: ["bun"] },
  build: (entry) => ({
    ...{ bin: "bun", args: ["build", entry, "--compile", "--minify", "--outfile=out/app"], main: "out/app" },
  }),
};

/** The main script of an executable with the bundle beside it. */
const REQUIRE = `require("node:module").createRequire(process.execPath)("./main.cjs");`;

export const EXECUTABLE_ROWS: readonly { readonly title: string; readonly writes?: string }[] = [
  { title: SEA },
  { title: SEA_BESIDE, writes: `\`${REQUIRE}\` as the main script` },
  { title: BUN.title },
];

const CURE = "`start` throws an error that says what to do";

export const EXECUTABLE_LIMITS: readonly Limit<string>[] = [
  {
    ...{ on: [SEA], name: /does what the sources do/, sees: CURE },
    why: "A worker cannot load a file from inside of the executable.",
  },
];

export function executableChecks(environment: Environment): BundlerCheck[] {
  const sea = (on: string, main: string, run: (built: Built) => Promise<Found>): BundlerCheck => ({
    ...{ on, needs: ["esbuild", "postject", BUILDER], column: BUILDER },
    name: `${BUILDER}: the executable does what the sources do`,
    run: () => tried(async () => run(await injected(main, environment))),
  });
  return [
    sea(SEA, "main.cjs", async (built) => namesTheCure(await execute(built))),
    sea(SEA_BESIDE, "require.cjs", async (built) => holds(await execute(built))),
    {
      ...{ on: BUN.title, needs: ["bun"], column: "bun", name: "bun: the executable does what the sources do" },
      run: () => tried(async () => holds(await execute(await build(BUN, "main.js", true, environment)))),
    },
  ];
}

function execute({ folder, main }: Built): Promise<Ended> {
  return runChild({ file: join(folder, main), args: [], cwd: folder, limit: LIMIT_MS });
}

/** Node's name for the place of a program in its binary. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** An executable of Node with this main script in it. */
async function injected(main: string, environment: Environment): Promise<Built> {
  const { folder } = await build(esbuild("cjs"), "main.js", true, environment);
  const { path } = environment.runtime(BUILDER);
  writeFiles(folder, {
    "require.cjs": REQUIRE,
    "sea.json": JSON.stringify({ main, output: "app.blob", disableExperimentalSEAWarning: true }),
  });
  const app = join(folder, "app");
  copyFileSync(path, app);
  chmodSync(app, 0o755);
  const postject = ["app", "NODE_SEA_BLOB", "app.blob", "--sentinel-fuse", FUSE];
  for (const command of [
    { file: path, args: ["--experimental-sea-config", "sea.json"] },
    commandOf("postject", "postject", postject, environment),
  ]) {
    const ended = await runChild({ ...command, cwd: folder, limit: LIMIT_MS });
    const trouble = troubleOf(ended);
    if (trouble !== undefined) throw new BuildError(`${command.args.join(" ")}: ${trouble}\n${tail(ended.err)}`);
  }
  return { ...{ folder, main: "app" }, ...{ size: 0, warnings: undefined, copies: 1 } };
}

function namesTheCure(ended: Ended): Found {
  if (holds(ended).state === "pass") return { state: "pass" };
  const isTold =
    /ThreadError: thread: can't start new thread: .*beside the executable, required by its main script/.test(ended.out);
  return { state: "fail", sees: isTold ? CURE : "another error", details: tail(`${ended.out}\n${ended.err}`) };
}
