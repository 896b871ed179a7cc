/** The first example of every README, pasted into a file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readPackages, ROOT } from "../packages.ts";
import { type Id, IDS } from "../runtimes/runtimes.ts";
import type { Check, Found, Environment } from "./checks.ts";
import { LIMIT_MS, newProject, printed, writeFiles } from "./project.ts";

export interface Example {
  /** The README, from the root. */
  readonly readme: string;
  readonly code: string;
  /** The output, from the comments beside `console.log`. */
  readonly prints: readonly string[];
}

/** The first program of each README for users. */
export function firstExamples(): Example[] {
  const published = readPackages().filter(({ manifest }) => manifest.private !== true);
  return ["", ...published.map(({ folder }) => folder)].map((folder) => {
    const readme = join(folder, "README.md");
    const code = /^```(?:js|ts)\b.*\n([^]*?)^```$/m.exec(readFileSync(join(ROOT, readme), "utf8"))?.[1];
    if (code === undefined) throw new Error(`test:consumers: ${readme} has no example`);
    return { readme, code, prints: printsOf(readme, code) };
  });
}

/** Output beyond the comments: lines of several threads, or repeated lines. */
const PRINTS_BESIDES: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["one is done", "two is done"],
  "packages/barrier/README.md": ["1498500"],
};

function printsOf(readme: string, code: string): string[] {
  const promised = code.split("\n").flatMap((line) => /console\.log\(.*\/\/ (.*)$/.exec(line)?.[1] ?? []);
  return [...promised, ...(PRINTS_BESIDES[readme] ?? [])];
}

/** Deno, Bun and Node from 22 run TypeScript like JavaScript; Node 20 needs tsx. */
export function readmeChecks(environment: Environment): Check[] {
  const examples = firstExamples();
  return IDS.flatMap((id) =>
    (["mjs", "mts"] as const).map((extension): Check => ({
      on: "first examples of the READMEs",
      name: `${id}, ${extension === "mjs" ? "JavaScript" : `TypeScript${id === "node20" ? " by tsx" : ""}`}`,
      needs: id === "node20" && extension === "mts" ? ["tsx", id] : [id],
      run: () => allRun(examples, id, extension, environment),
    })),
  );
}

/** Deno imports only packages that the manifest names. */
const MANIFEST = JSON.stringify({
  dependencies: Object.fromEntries(readPackages().map(({ manifest }) => [manifest.name, "*"])),
});

async function allRun(
  examples: readonly Example[],
  id: Id,
  extension: "mjs" | "mts",
  environment: Environment,
): Promise<Found> {
  const isByTsx = id === "node20" && extension === "mts";
  const folder = newProject(environment, { ...(isByTsx && { tool: "tsx" }), files: { "package.json": MANIFEST } });
  const failed: string[] = [];
  for (const { readme, code, prints } of examples) {
    writeFiles(folder, { [`main.${extension}`]: code });
    const program = isByTsx
      ? { file: environment.tool("tsx").bin("tsx/dist/cli.mjs"), args: [`main.${extension}`] }
      : { file: `main.${extension}` };
    const ended = await environment.runtime(id).run(program, { cwd: folder, limit: LIMIT_MS });
    const { state, sees, details } = printed(ended, prints, "any order");
    if (state === "fail") failed.push(`${readme}: ${sees}\n${details}`);
  }
  if (failed.length === 0) return { state: "pass" };
  return {
    state: "fail",
    sees: `${failed.length} of ${examples.length} do not do what they say`,
    details: failed.join("\n"),
  };
}
