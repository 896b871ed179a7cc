/** The parts of the run, in this order. */
import type { Environment, Part } from "../consumers/checks.ts";
import { COPIES_PART, copyChecks, COPY_FORMS } from "./copies.ts";
import { EXECUTABLE_LIMITS, EXECUTABLE_ROWS, executableChecks } from "./executables.ts";
import type { BundlerCheck } from "./facts.ts";
import { FRAMEWORK_ROWS, frameworkChecks } from "./next.ts";
import { NODE_PART, nodeChecks } from "./node.ts";
import { PAGE_FORMS } from "./page-forms.ts";
import { FORMS } from "./forms.ts";
import { pageChecks } from "./pages.ts";

/** A part is a table of docs/bundlers.md. */
export interface BundlerPart extends Part {
  /** The head of the table, and the text before it. */
  readonly head: string;
  readonly text: string;
  /** The rows, each with what a user of the bundler writes. */
  readonly rows: readonly { readonly title: string; readonly writes?: string }[];
  /** The folder of test/bundlers. Default: the part's name. */
  readonly fixture?: string;
  /** The outputs are no JavaScript, or hold a runtime: their size says nothing. */
  readonly hasNoSizes?: true;
  checks(environment: Environment): BundlerCheck[];
}

export const PARTS: readonly BundlerPart[] = [
  {
    ...{ name: NODE_PART, about: "a program in one file, on Node, Deno and Bun", limits: [], checks: nodeChecks },
    ...{ head: "Programs", rows: FORMS },
    text: "One file, with all of the library in it; several files if the row says so. The sources are modules, unless the row says otherwise.",
  },
  {
    ...{ name: COPIES_PART, about: "a program with two copies of the library", limits: [], checks: copyChecks },
    ...{ head: "Programs with two copies of the library", rows: COPY_FORMS, fixture: NODE_PART },
    text: "The bundler puts the library into the file twice. Both copies know the same threads, locks and globals.",
  },
  {
    ...{ name: "executables", about: "a program and its runtime in one executable" },
    ...{ limits: EXECUTABLE_LIMITS, checks: executableChecks },
    ...{ head: "Executables", rows: EXECUTABLE_ROWS, fixture: NODE_PART, hasNoSizes: true },
    text: "A program and its runtime in one executable. `deno compile` is not tried: npm does not have the runtime that it puts into executables.",
  },
  {
    ...{ name: "next", about: "routes and a page of Next that start threads: next build, next start" },
    ...{ limits: [], checks: frameworkChecks },
    ...{ head: "Servers of frameworks", rows: FRAMEWORK_ROWS, hasNoSizes: true },
    text: "Two routes and a page that start threads, built by `next build` and served by `next start`.",
  },
  {
    ...{ name: "primitives", about: "a page and workers of its own, which share locks, in Chromium and Firefox" },
    ...{ limits: [], checks: pageChecks({ name: "primitives", worker: "work.js" }) },
    ...{ head: "Pages with workers of their own", rows: PAGE_FORMS },
    text: 'A page that awaits, and workers that block, with locks from one to the other. The page starts them by `new Worker(new URL("./work.js", import.meta.url), { type: "module" })`.',
  },
  {
    ...{ name: "threads", about: "a page with threads, in Chromium and Firefox" },
    ...{ limits: [], checks: pageChecks({ name: "threads", worker: "threads.js" }) },
    ...{ head: "Pages with threads", rows: PAGE_FORMS },
    text: 'A page that starts threads, and threads that start threads. It says once `threadsRun(() => new Worker(new URL("./threads.js", import.meta.url), { type: "module" }))`; see [In the browser](browser.md).',
  },
];
