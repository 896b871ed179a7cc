/** Pages under various headers; see pages/scenario.ts. */
import { networkInterfaces } from "node:os";
import type { Browser } from "./driver.ts";
import type { BrowserId } from "../runtimes/pages.ts";
import { CREDENTIALLESS, DOCUMENT_POLICY, type Headers, ISOLATED, serve } from "./served.ts";
import type { Found } from "../runtimes/verdicts.ts";

interface Scenario {
  readonly name: string;
  readonly scenario: string;
  readonly headers: Headers;
  /** The result of the page; default: "yes". */
  readonly expected?: string;
  /** The page comes by http from an address that is not this machine's own. */
  readonly isInsecure?: true;
  readonly on?: readonly BrowserId[];
  /** So many loads in a row. */
  readonly loads?: number;
}

const NOT_ISOLATED =
  "ThreadError: core: there is no SharedArrayBuffer here; serve the page over https with " +
  "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; see " +
  "https://github.com/x-threading/threading/blob/main/docs/isolation.md";
const OLD = "ThreadError: core: there is no SharedArrayBuffer here; use Chrome 92, Firefox 79, Safari 15.2 or later";
const NO_WAIT_ASYNC =
  "ThreadError: core: this engine has no Atomics.waitAsync, so no task can wait; wait in a worker by the form that " +
  "blocks, or use a newer one: Node 16, Chrome 87, Safari 16.4, Firefox 145";

const SCENARIOS: readonly Scenario[] = [
  { name: "a page that awaits and workers that block share primitives", scenario: "awaits", headers: ISOLATED },
  { name: "the same, twenty loads in a row", scenario: "awaits", headers: ISOLATED, loads: 20 },
  { name: "the same with COEP: credentialless", scenario: "awaits", headers: CREDENTIALLESS },
  {
    ...{ name: "the same with Document-Isolation-Policy alone", scenario: "awaits", headers: DOCUMENT_POLICY },
    on: ["chromium"],
  },
  {
    ...{ name: "a page with Document-Isolation-Policy alone is not isolated in Firefox", scenario: "bare" },
    ...{ headers: DOCUMENT_POLICY, expected: NOT_ISOLATED, on: ["firefox"] },
  },
  { name: "an import allocates nothing in an isolated page", scenario: "imports", headers: ISOLATED },
  {
    name: "an import of @x/threading allocates nothing in an isolated page",
    scenario: "importsAll",
    headers: ISOLATED,
  },
  { name: "an import of @x/threading throws nothing in a page without headers", scenario: "importsAll", headers: {} },
  { name: "a file of threads that throws is told once", scenario: "missingFile", headers: ISOLATED },
  {
    ...{
      name: "no wake is lost to a terminated thread, though it slept",
      scenario: "terminatedAsleep",
      headers: ISOLATED,
    },
    on: ["firefox"], // Chromium takes two seconds for each
  },
  {
    ...{ name: "each primitive throws one error in a page without headers", scenario: "bare", headers: {} },
    expected: NOT_ISOLATED,
  },
  {
    ...{ name: "each primitive throws one error in a page that came by http", scenario: "bare", headers: ISOLATED },
    ...{ expected: NOT_ISOLATED, isInsecure: true },
  },
  {
    ...{ name: "each primitive throws one error in a browser without SharedArrayBuffer", scenario: "old" },
    ...{ headers: ISOLATED, expected: OLD },
  },
  {
    ...{ name: "an async form throws an error in a browser without Atomics.waitAsync", scenario: "withoutWaitAsync" },
    ...{ headers: ISOLATED, expected: NO_WAIT_ASYNC },
  },
];

/** Milliseconds for a page. The longest took 12 s on two slow cores, alone. */
const PAGE_MS = 90_000;

/** Opens each page; a page that no address of this machine can serve is skipped. */
export async function runScenarios(browser: Browser, folder: string, only?: RegExp): Promise<Found[]> {
  const found: Found[] = [];
  for (const scenario of SCENARIOS) {
    const { name, on, loads = 1, isInsecure } = scenario;
    if (on?.includes(browser.id) === false || only?.test(name) === false) continue;
    const host = isInsecure === true ? foreignAddress() : "127.0.0.1";
    if (host === undefined) {
      found.push({ name, state: "skip" });
      continue;
    }
    let one: Found = { name, state: "pass" };
    for (let i = 0; i < loads && one.state === "pass"; i++) one = await load(browser, folder, scenario, host);
    found.push(one);
  }
  return found;
}

async function load(browser: Browser, folder: string, scenario: Scenario, host: string): Promise<Found> {
  const { name, headers, expected = "yes" } = scenario;
  const site = await serve(folder, { headers, host });
  try {
    const visit = await browser.visit(`${site.url}/scenario.html?scenario=${scenario.scenario}`, { limit: PAGE_MS });
    const { result, errors, failed, logs } = visit;
    if (result === expected && errors.length + failed.length === 0) return { name, state: "pass" };
    const sees = typeof result === "string" && result !== expected ? result : ([...errors, ...failed][0] ?? "nothing");
    return { name, state: "fail", sees, details: [...errors, ...failed, ...logs].join("\n") };
  } finally {
    await site.close();
  }
}

/** An address of this machine that browsers do not trust without https; undefined if it has none. */
function foreignAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
