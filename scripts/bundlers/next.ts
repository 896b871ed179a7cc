/** A route of Next that starts a thread: next build, and next start. */
import type { Environment, Found } from "../consumers/checks.ts";
import type { Files } from "../consumers/project.ts";
import type { Limit } from "../runtimes/verdicts.ts";
import { BUILDER, bundle, commandOf, makeProject, sourcesIn } from "./builds.ts";
import { type BundlerCheck, tried } from "./facts.ts";
import { freePort, whileServing } from "./server.ts";

const BUNDLED = "Next, all bundled";
const EXTERNAL = "Next, threads not bundled";

export const FRAMEWORK_ROWS: readonly { readonly title: string; readonly writes?: string }[] = [
  { title: BUNDLED },
  {
    title: EXTERNAL,
    writes:
      '`serverExternalPackages: ["@x/threading", "tasks"]`: the library, and the package of the exposed functions',
  },
];

const CURE = "`start` throws an error that says what to do";

export const FRAMEWORK_LIMITS: readonly Limit<string>[] = [
  {
    ...{ on: [BUNDLED], name: /the route answers/, sees: CURE },
    why: "Next's chunks run nothing by themselves, so a worker cannot load the library from them.",
  },
];

export function frameworkChecks(environment: Environment): BundlerCheck[] {
  const check = (on: string, config: object): BundlerCheck => ({
    ...{
      on,
      needs: ["next", BUILDER],
      column: BUILDER,
      name: `${BUILDER}: the route answers what a thread has computed`,
    },
    run: () => tried(() => answerOf(config, environment)),
  });
  return [check(BUNDLED, {}), check(EXTERNAL, { serverExternalPackages: ["@x/threading", "tasks"] })];
}

async function answerOf(config: object, environment: Environment): Promise<Found> {
  const project = makeProject("next", environment, filesOf(config));
  await bundle("next", "next", ["build"], project, environment);
  const port = await freePort();
  const server = commandOf("next", "next", ["start", "--port", String(port), "--hostname", "127.0.0.1"], environment);
  const answer = await whileServing({ ...server, cwd: project }, port, async (url) => {
    const response = await fetch(`${url}square?n=7`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return response.text();
  });
  if (answer === "49") return { state: "pass" };
  const isTold = /ThreadError: thread: can't start new thread: .*serverExternalPackages/.test(answer);
  return { state: "fail", sees: isTold ? CURE : "another answer", details: answer };
}

const ANSWER_MS = 30_000;

/** The sources, with src/tasks.js in a package of its own. */
function filesOf(config: object): Files {
  const sources = sourcesIn("next");
  const { "src/tasks.js": tasks, "src/route.js": route } = sources;
  return {
    "package.json": JSON.stringify({ private: true, type: "module" }),
    "next.config.mjs": `export default ${JSON.stringify(config)};\n`,
    "app/square/route.js": route!.replace(`"./tasks.js"`, `"tasks"`),
    "node_modules/tasks/index.js": tasks!,
    "node_modules/tasks/package.json": JSON.stringify({ name: "tasks", type: "module", exports: "./index.js" }),
  };
}
