/** Pages, each with a file for its workers, in browsers: the output of bundlers, and their servers for developers. */
import { type Browser, startBrowser, type Visit } from "../browsers/driver.ts";
import { install } from "../browsers/installed.ts";
import { BROWSER_IDS, type BrowserId } from "../runtimes/pages.ts";
import { serve } from "../browsers/served.ts";
import type { Environment, Found } from "../consumers/checks.ts";
import { NotInstalled } from "../consumers/environment.ts";
import { BUILDER, buildPage, commandOf, type Output, type PageFixture, pageProject } from "./builds.ts";
import { type BundlerCheck, firstWrong, sizeKey, sizes, tried, wellBuilt, wrongIn } from "./facts.ts";
import { PAGE_FORMS, type PageForm } from "./page-forms.ts";
import { freePort, whileServing } from "./server.ts";

export function pageChecks(fixture: PageFixture): (environment: Environment) => BundlerCheck[] {
  return (environment) => PAGE_FORMS.flatMap((form) => formChecks(form, fixture, environment));
}

/** A page and its workers have a file each, with the library in it. */
const COPIES = 2;

function formChecks(form: PageForm, fixture: PageFixture, environment: Environment): BundlerCheck[] {
  const on = form.title;
  const needs: BundlerCheck["needs"] = [form.tool, BUILDER];
  let promise: Promise<Output> | undefined;
  const built = (): Promise<Output> => (promise ??= buildPage(form, fixture, environment));
  return [
    {
      ...{ on, needs, column: "build", name: `${fixture.name}: the build warns of nothing` },
      run: () =>
        tried(async () => {
          const output = await built();
          sizes.set(sizeKey(fixture.name, on), output.size);
          return wellBuilt(output, COPIES);
        }),
    },
    ...BROWSER_IDS.map((id): BundlerCheck => ({
      ...{ on, needs, column: id, name: `${fixture.name}: ${id}: the built page does what its sources say` },
      run: () =>
        tried(async () => {
          const site = await serve((await built()).folder);
          try {
            return holds(await (await browser(id)).visit(`${site.url}/`, { limit: VISIT_MS }));
          } finally {
            await site.close();
          }
        }),
    })),
    ...(form.serve === undefined ? [] : [serverCheck(form, fixture, environment)]),
  ];
}

const VISIT_MS = 60_000;

function holds({ result, errors, logs, failed }: Visit): Found {
  const lines = Array.isArray(result) ? (result as string[]) : [];
  // What does not load is in `failed`, with its address.
  const complaints = logs.filter((log) => /^(?!error: Failed to load resource)(error|warn|warning):/.test(log));
  const noise = [...errors, ...failed, ...complaints];
  const sees =
    (lines.length === 0 ? "leaves no result" : wrongIn(lines)) ?? (noise.length > 0 ? "reports errors" : undefined);
  if (sees === undefined) return { state: "pass" };
  return { state: "fail", sees, details: [...firstWrong(lines), ...noise].join("\n") };
}

/** The first visit, before any cache is warm, and the next one. */
function serverCheck(form: PageForm, fixture: PageFixture, environment: Environment): BundlerCheck {
  return {
    ...{ on: form.title, needs: [form.tool, BUILDER], column: "server" },
    name: `${fixture.name}: chromium: the page of the server for developers does what its sources say`,
    run: async () => {
      const port = await freePort();
      const { files = {}, bin, args } = form.serve!(port);
      const cwd = pageProject(form, fixture, files, environment);
      const command = { ...commandOf(form.tool, bin, args, environment), cwd };
      return whileServing(command, port, async (url) => {
        const chromium = await browser("chromium");
        const first = holds(await chromium.visit(url, { limit: VISIT_MS }));
        return first.state === "fail" ? first : holds(await chromium.visit(url, { limit: VISIT_MS }));
      });
    },
  };
}

const browsers = new Map<BrowserId, Promise<Browser>>();

/** Each browser is started once. */
function browser(id: BrowserId): Promise<Browser> {
  let found = browsers.get(id);
  if (found === undefined) browsers.set(id, (found = start(id)));
  return found;
}

async function start(id: BrowserId): Promise<Browser> {
  try {
    install([id], console.error);
  } catch (error) {
    throw new NotInstalled((error as Error).message);
  }
  return startBrowser(id);
}

export async function closeBrowsers(): Promise<void> {
  for (const started of await Promise.allSettled(browsers.values()))
    if (started.status === "fulfilled") await started.value.close();
}
