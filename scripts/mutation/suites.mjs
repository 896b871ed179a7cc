/** Which tests are to notice that a source file has changed, the cheapest first. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./mutants.mjs";

/** The packages whose sources are changed. */
export const PACKAGES = ["event", "lock", "semaphore", "condition", "barrier", "core"];

const testsOf = (/** @type {string} */ name) => filesOf(name, /\.test\.ts$/);
const modelsOf = (/** @type {string} */ name) => filesOf(name, /\.model\.ts$/);
const allOf = (/** @type {string} */ name) => [...testsOf(name), ...modelsOf(name)];

/** Whoever waits for a thread says for which, and these tests ask. */
const ofDeadlocks = () => filesOf("threading", /^deadlocks\.test\.ts$/);

/** What only Condition uses of the locks is tested with it. */
const ofLock = () => [...testsOf("lock"), ...testsOf("condition"), ...modelsOf("lock")];

/** What stands on core is what tests it. */
const OF_CORE = new Map([
  [
    "synchronizer",
    () => [...["lock", "semaphore"].flatMap(testsOf), ...ofDeadlocks(), ...["lock", "semaphore"].flatMap(modelsOf)],
  ],
  ["exclusive", () => [...testsOf("lock"), ...ofDeadlocks(), ...modelsOf("lock")]],
  ["permits", () => allOf("semaphore")],
  ["deadline", () => [...testsOf("core"), ...allOf("event"), ...testsOf("lock")]],
  ["words", () => [...testsOf("core"), ...testsOf("event"), ...testsOf("lock")]],
  ["supervised", () => [...modelsOf("lock"), ...testsOf("thread")]],
  ["will", () => [...modelsOf("barrier"), ...testsOf("thread")]],
  [
    "wait",
    () => [
      ...["core", "event", "lock", "condition"].flatMap(testsOf),
      ...ofDeadlocks(),
      ...["event", "lock", "condition"].flatMap(modelsOf),
    ],
  ],
]);

const OF_THE_REST_OF_CORE = () => ["core", "event", "lock", "barrier", "thread"].flatMap(testsOf);

/**
 * @param {string} name
 * @param {RegExp} kind
 */
function filesOf(name, kind) {
  const folder = `packages/${name}/test`;
  return readdirSync(join(ROOT, folder))
    .filter((file) => kind.test(file))
    .map((file) => `${folder}/${file}`);
}

/**
 * @param {string} name
 * @returns {string[]} its source files that do something
 */
export function sourcesOf(name) {
  const folder = `packages/${name}/src`;
  return readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .map((file) => `${folder}/${file}`);
}

/**
 * @param {string} file
 * @returns {readonly string[]} files of tests
 */
export function suitesFor(file) {
  const [, name = "", , source = ""] = file.replace(/\.ts$/, "").split("/");
  if (name === "core") return (OF_CORE.get(source) ?? OF_THE_REST_OF_CORE)();
  return name === "lock" ? ofLock() : allOf(name);
}
