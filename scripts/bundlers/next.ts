/** Routes and a page of Next that start threads: next build, and next start. */
import type { Environment, Found } from "../consumers/checks.ts";
import type { Files } from "../consumers/project.ts";
import type { Id } from "../runtimes/runtimes.ts";
import { BUILDER, bundle, commandOf, makeProject, sourcesIn } from "./builds.ts";
import { type BundlerCheck, tried } from "./facts.ts";
import { freePort, whileServing } from "./server.ts";

/** A way to build the routes. */
interface Way {
  readonly title: string;
  readonly writes?: string;
  readonly config?: object;
  readonly flags?: readonly string[];
}

const WAYS: readonly Way[] = [
  { title: "Next" },
  { title: "Next, by webpack", flags: ["--webpack"] },
  {
    title: "Next, threads not bundled",
    config: { serverExternalPackages: ["@x/threading", "tasks", "cube"] },
    writes:
      '`serverExternalPackages: ["@x/threading", "tasks", "cube"]`: the library, and the packages of the exposed functions',
  },
];

export const FRAMEWORK_ROWS: readonly { readonly title: string; readonly writes?: string }[] = WAYS;

const NODES = ["node20", "node24"] satisfies Id[];

export function frameworkChecks(environment: Environment): BundlerCheck[] {
  return WAYS.flatMap((way) => {
    let project: Promise<string> | undefined;
    return NODES.map((id) => ({
      ...{ on: way.title, needs: ["next", BUILDER, id], column: id },
      name: `${id}: routes and a page answer what threads have computed`,
      run: () => tried(async () => answersOf(await (project ??= built(way, environment)), id, environment)),
    }));
  });
}

async function built({ config = {}, flags = [] }: Way, environment: Environment): Promise<string> {
  const project = makeProject("next", environment, filesOf(config));
  await bundle("next", "next", ["build", ...flags], project, environment);
  return project;
}

/** What each address answers. The chunks of the second and third are loaded after the first thread has run. */
const ANSWERS = { "square?n=7": /^49$/, "cube?n=3": /^27$/, page: /answer: 125;/ };

async function answersOf(project: string, id: (typeof NODES)[number], environment: Environment): Promise<Found> {
  const port = await freePort();
  const flags = ["--port", String(port), "--hostname", "127.0.0.1"];
  const server = commandOf("next", "next", ["start", ...flags], environment);
  const file = environment.runtime(id).path;
  return whileServing({ ...server, file, cwd: project }, port, async (url): Promise<Found> => {
    for (const [address, expected] of Object.entries(ANSWERS)) {
      const response = await fetch(`${url}${address}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      const answer = await response.text();
      if (!expected.test(answer)) return { state: "fail", sees: `another answer of /${address}`, details: answer };
    }
    return { state: "pass" };
  });
}

const ANSWER_MS = 30_000;

/** The sources, with the modules of exposed functions in packages of their own. */
function filesOf(config: object): Files {
  const source = (name: string): string =>
    sourcesIn("next")[`src/${name}.js`]!.replace(/"\.\/(tasks|cube)\.js"/g, `"$1"`);
  const inPackage = (name: string): Files => ({
    [`node_modules/${name}/index.js`]: source(name),
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: "module", exports: "./index.js" }),
  });
  return {
    "package.json": JSON.stringify({ private: true, type: "module" }),
    "next.config.mjs": `export default ${JSON.stringify(config)};\n`,
    "app/square/route.js": source("route"),
    "app/cube/route.js": source("cube-route"),
    "app/page/page.js": source("page"),
    "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;\n",
    ...inPackage("tasks"),
    ...inPackage("cube"),
  };
}
