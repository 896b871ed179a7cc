/** Programs for Node, each bundled into one file. */
import type { Environment, Found } from "../consumers/checks.ts";
import { LIMIT_MS } from "../consumers/project.ts";
import { type Ended, tail, troubleOf } from "../runtimes/child.ts";
import type { Id } from "../runtimes/runtimes.ts";
import { BUILDER, build, type Built } from "./builds.ts";
import { type BundlerCheck, firstWrong, sizeKey, sizes, tried, wellBuilt, wrongIn } from "./facts.ts";
import { type Form, FORMS } from "./forms.ts";

export const NODE_PART = "node";

export function nodeChecks(environment: Environment): BundlerCheck[] {
  return FORMS.flatMap((form) => formChecks(form, environment));
}

function formChecks(form: Form, environment: Environment): BundlerCheck[] {
  const on = form.title;
  const needs: BundlerCheck["needs"] = [form.tool, BUILDER];
  const builds = new Map<string, Promise<Built>>();
  /** Each output is built once, by the first check that asks for it. */
  const built = (entry: string, minified: boolean): Promise<Built> => {
    const key = `${entry} ${minified}`;
    let promise = builds.get(key);
    if (promise === undefined) builds.set(key, (promise = build(form, entry, minified, environment)));
    return promise;
  };
  const outputs = (form.minifies === true ? [true] : [true, false]).map((minified) => ({
    minified,
    suffix: minified ? ", minified" : "",
  }));
  return [
    ...outputs.map(({ minified, suffix }): BundlerCheck => ({
      ...{ on, needs, column: "build", name: `the build warns of nothing, and has one copy of the library${suffix}` },
      run: () =>
        tried(async () => {
          const output = await built("main.js", minified);
          if (minified) sizes.set(sizeKey(NODE_PART, form.title), output.size);
          return wellBuilt(output, 1);
        }),
    })),
    ...form.on.flatMap((id): BundlerCheck[] => [
      ...outputs.map(({ minified, suffix }): BundlerCheck => ({
        ...{ on, needs: [...needs, id], column: id, name: `${id}: the bundle does what the sources do${suffix}` },
        run: () => tried(async () => holds(await run(await built("main.js", minified), id, environment))),
      })),
      ...Object.entries(UNGUARDED).map(([entry, when]): BundlerCheck => ({
        ...{ on, needs: [...needs, id], column: id, name: `${id}: start() names the guard that is forgotten${when}` },
        run: () => tried(async () => namesTheGuard(await run(await built(entry, true), id, environment))),
      })),
    ]),
  ];
}

export function run({ folder, main }: Built, id: Id, environment: Environment): Promise<Ended> {
  return environment.runtime(id).run({ file: main }, { cwd: folder, limit: LIMIT_MS });
}

/** Programs without a guard, and what a start in a thread comes after. */
const UNGUARDED = { "unguarded.js": "", "late.js": ", after an await" };

/** The last fact that test/bundlers/node prints: without it the program was cut off. */
const LAST = "ok: a nested thread that no thread joins holds the process";

/** Has the program of test/bundlers/node printed that all holds? */
export function holds(ended: Ended): Found {
  const lines = ended.out.trimEnd().split("\n");
  const sees =
    troubleOf(ended) ??
    wrongIn(lines) ??
    (lines.at(-1) !== LAST ? `ends with "${lines.at(-1)}"` : undefined) ??
    (ended.err === "" ? undefined : "prints errors");
  if (sees === undefined) return { state: "pass" };
  return { state: "fail", sees, details: [...firstWrong(lines), tail(ended.err, 12)].join("\n") };
}

/**
 * The line of the error, as each runtime begins it. The text alone stands in the bundle, too, whose
 * line Node prints where the error was thrown.
 */
const GUARD =
  /^(?:error: Uncaught (?:\(in promise\) )?)?(?:\w+ \[)?ThreadError\]?: thread: .{0,400}put the code of the main thread behind "if \(isMainThread\)"/m;
const GUARD_MS = 20_000;

function namesTheGuard(ended: Ended): Found {
  const trouble = troubleOf(ended);
  const sees =
    (trouble !== "exit code 1" ? (trouble ?? "exit code 0") : undefined) ??
    (ended.ms > GUARD_MS ? `takes ${Math.round(ended.ms / 1000)} s` : undefined) ??
    (ended.out !== "" ? `prints ${tail(ended.out, 3)}` : undefined) ??
    (GUARD.test(ended.err) ? undefined : "another error");
  return sees === undefined ? { state: "pass" } : { state: "fail", sees, details: tail(ended.err, 30) };
}
