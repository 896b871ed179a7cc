/** Programs for Node, each bundled into one file. */
import type { Check, Environment, Found } from "../consumers/checks.ts";
import { LIMIT_MS } from "../consumers/project.ts";
import { type Ended, tail, troubleOf } from "../runtimes/child.ts";
import type { Id } from "../runtimes/runtimes.ts";
import { BUILDER, build, BuildError, type Built } from "./builds.ts";
import { type Form, FORMS } from "./forms.ts";

/** The sizes of the minified outputs, in bytes, by the titles of the forms. */
export const sizes = new Map<string, number>();

export function nodeChecks(environment: Environment): Check[] {
  return FORMS.flatMap((form) => formChecks(form, environment));
}

function formChecks(form: Form, environment: Environment): Check[] {
  const needs = [form.tool, BUILDER as Id];
  const builds = new Map<string, Promise<Built>>();
  /** Each output is built once, by the first check that runs it. */
  const built = (entry: string, minified: boolean): Promise<Built> => {
    const key = `${entry} ${minified}`;
    let promise = builds.get(key);
    if (promise === undefined) builds.set(key, (promise = build(form, entry, minified, environment)));
    return promise;
  };
  const outputs = form.minifies === true ? [true] : [true, false];
  const on = form.title;
  return [
    ...outputs.map((minified): Check => ({
      ...{
        on,
        name: `the build${minified ? ", minified" : ""}, warns of nothing and has one copy of the library`,
        needs,
      },
      run: () => tried(async () => {
        const it = await built("main.js", minified);
        if (minified) sizes.set(form.title, it.size);
        return wellBuilt(it);
      }), // prettier-ignore
    })),
    ...form.on.flatMap((id) => [
      ...outputs.map((minified): Check => ({
        ...{ on, name: `${id}: what holds in sources holds in the bundle${minified ? ", minified" : ""}`, needs: [...needs, id] },
        run: () => tried(async () => holds(await run(await built("main.js", minified), id, environment))),
      })), // prettier-ignore
      {
        ...{ on, name: `${id}: the error of start() names the guard that was forgotten`, needs: [...needs, id] },
        run: () => tried(async () => namesTheGuard(await run(await built("unguarded.js", true), id, environment))),
      },
    ]),
  ];
}

async function tried(check: () => Promise<Found>): Promise<Found> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { state: "fail", sees: "it is not built", details: error.message };
  }
}

function wellBuilt({ warnings, copies }: Built): Found {
  if (warnings !== undefined) return { state: "fail", sees: "the bundler warns", details: tail(warnings, 40) };
  return copies === 1 ? { state: "pass" } : { state: "fail", sees: `there are ${copies} copies of the library` };
}

function run({ folder, main }: Built, id: Id, environment: Environment): Promise<Ended> {
  return environment.runtime(id).run({ file: main }, { cwd: folder, limit: LIMIT_MS });
}

/** The last fact that test/bundlers/node prints: without it the program was cut off. */
const LAST = "ok: a nested thread that nobody joins holds the process";

function holds(ended: Ended): Found {
  const lines = ended.out.trimEnd().split("\n");
  const wrong = lines.filter((line) => !line.startsWith("ok: "));
  const sees =
    troubleOf(ended) ??
    (wrong.length > 0 ? `${wrong.length} of ${lines.length} facts do not hold` : undefined) ??
    (lines.at(-1) !== LAST ? `ends with "${lines.at(-1)}"` : undefined) ??
    (ended.err === "" ? undefined : "prints errors");
  if (sees === undefined) return { state: "pass" };
  // Mostly all have one cause.
  return { state: "fail", sees, details: [...wrong.slice(0, 4), tail(ended.err, 12)].join("\n") };
}

/**
 * The line of the error, as each runtime begins it. The text alone stands in the bundle, too, whose
 * line Node prints where the error was thrown.
 */
const GUARD =
  /^(?:error: Uncaught (?:\(in promise\) )?)?ThreadError: thread: .{0,400}put what only the main thread shall do behind "if \(isMainThread\)"/m;
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
