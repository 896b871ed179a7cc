/** The tests that should notice a change of a source file, the cheapest first. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./mutants.mjs";

/** The packages whose sources are changed. */
export const PACKAGES = ["event", "lock", "semaphore", "condition", "barrier", "core"];

const testsOf = (/** @type {string} */ name) => filesOf(name, /\.test\.ts$/);
const modelsOf = (/** @type {string} */ name) => filesOf(name, /\.model\.ts$/);
const allOf = (/** @type {string} */ name) => [...testsOf(name), ...modelsOf(name)];

/** A test of a package, by its name. */
const testOf = (/** @type {string} */ name, /** @type {string} */ test) => [`packages/${name}/test/${test}.test.ts`];

/** The tests of what a blocked thread reports about its wait. */
const ofDeadlocks = () => testOf("threading", "deadlocks");
const ofDeaths = () => [...testOf("threading", "owner-died"), ...testOf("thread", "deaths")];
/** Passes any value as any argument: tests all checks. */
const ofArguments = () => testOf("threading", "arguments.properties");

/** Tests of other packages: Condition's cover what only Condition uses of the locks, and those with threads cover deaths. */
const OF_OTHERS = new Map([
  ["lock", () => testsOf("condition")],
  ["condition", () => testOf("threading", "owner-died")],
]);

const ofWords = () => [
  ...testOf("core", "primitive"),
  ...testsOf("event"),
  ...testsOf("lock"),
  ...testsOf("condition"),
];

const ofTransfer = () => [
  ...["primitive-table", "expose"].flatMap((test) => testOf("core", test)),
  ...["event", "barrier"].flatMap(testsOf),
  ...testOf("thread", "thread"), // before the other, which leaves more idle workers than may stay
  ...testOf("thread", "conformance"),
];

const ofPrimitives = () => [
  ...["event", "lock", "semaphore"].flatMap(testsOf),
  ...testOf("core", "pack"),
  ...ofDeaths(),
];

const ofWaits = () => [
  ...["wait", "wait-events", "synchronizer", "spin"].flatMap((test) => testOf("core", test)),
  ...["event", "lock", "condition"].flatMap(testsOf),
  ...["event", "lock", "condition"].flatMap(modelsOf),
  ...ofDeadlocks(),
  ...ofDeaths(),
];

/** The packages that build on core test it. */
const OF_CORE = new Map([
  [
    "synchronizer",
    () => [...["lock", "semaphore"].flatMap(testsOf), ...["lock", "semaphore"].flatMap(modelsOf), ...ofDeadlocks()],
  ],
  ["deferred", () => allOf("condition")],
  ["exclusive", () => [...testOf("core", "deferred"), ...testsOf("lock"), ...ofDeadlocks(), ...modelsOf("lock")]],
  ["wasm-memory", () => [...testOf("core", "words"), ...testsOf("lock")]],
  ["slab-header", () => [...testOf("core", "wasm-memory"), ...testOf("core", "words"), ...testsOf("lock")]],
  ["primitive-table", () => [...testOf("core", "pack"), ...testOf("thread", "conformance")]],
  ["callable", () => [...testsOf("barrier"), ...testOf("thread", "thread")]],
  ["permits", () => allOf("semaphore")],
  ["deadline", () => [...testsOf("event"), ...testsOf("lock")]],
  ["spin", () => [...testOf("core", "wait"), ...testsOf("event")]],
  ...["allocate", "placement"].map((source) => /** @type {const} */ ([source, ofWords])),
  ["words", ofWords],
  ["death-monitor", () => [...ofDeaths(), ...modelsOf("lock")]],
  ["death-action", () => [...testsOf("barrier"), ...ofDeaths(), ...modelsOf("barrier")]],
  [
    "errors",
    () => [
      ...testOf("core", "check"),
      ...testOf("core", "exclusive"),
      ...testOf("core", "pack"),
      ...testsOf("lock"),
      ...testsOf("barrier"),
      ...ofDeaths(),
    ],
  ],
  ["check", () => [...testsOf("event"), ...testsOf("lock"), ...testsOf("condition"), ...ofArguments()]],
  ["identity", () => [...testsOf("lock"), ...testOf("thread", "thread")]],
  ["global-slot", () => [...testsOf("core"), ...testsOf("lock"), ...ofDeaths()]],
  ["wait-events", () => [...testOf("core", "wait"), ...testsOf("event"), ...testOf("thread", "trace")]],
  ...["holdable", "primitive"].map((source) => /** @type {const} */ ([source, ofPrimitives])),
  ...["envelope", "fields", "known-objects", "pack", "private-fields", "refusal", "structured-clone", "unpack"].map(
    (source) => /** @type {const} */ ([source, ofTransfer]),
  ),
  ["expose", () => [...testOf("core", "pack"), ...testsOf("barrier"), ...testOf("thread", "thread"), ...ofArguments()]],
  ...["abort-listeners", "awaited-words", "block", "suspend", "task-queue", "wait-async", "wake"].map(
    (source) => /** @type {const} */ ([source, ofWaits]),
  ),
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
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts" && !file.startsWith("platform/"))
    .map((file) => `${folder}/${file}`);
}

/**
 * @param {string} file
 * @returns {readonly string[]} files of tests
 */
export function suitesFor(file) {
  const [, name = "", , ...path] = file.replace(/\.ts$/, "").split("/");
  const source = path.at(-1) ?? "";
  const own = testsOf(name).filter((test) => test.endsWith(`/${source}.test.ts`));
  const others = name === "core" ? (OF_CORE.get(source) ?? OF_THE_REST_OF_CORE)() : allOf(name);
  return [...new Set([...own, ...others, ...(OF_OTHERS.get(name)?.() ?? [])])];
}
