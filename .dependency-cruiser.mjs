/**
 * Which file may import which, types included. `npm run lint` fails on a circle, on an arrow from a lower layer to an upper one, and on
 * an arrow between packages that the tables below do not name.
 */
import { readdirSync } from "node:fs";

/**
 * The packages that each package may import. A package without a row is a primitive like Event: it may import core only.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const MAY_IMPORT = {
  core: [],
  condition: ["core", "lock"],
  barrier: ["core", "lock", "condition"],
  executor: ["core", "queue", "thread"],
  timer: ["core", "event", "thread"],
  threading: [
    "core",
    "lock",
    "event",
    "semaphore",
    "condition",
    "barrier",
    "queue",
    "shared",
    "thread",
    "executor",
    "timer",
  ],
};

/** @param {string} name */
export const importsOf = (name) => MAY_IMPORT[name] ?? ["core"];

/**
 * The rooms of the packages that have several, from the top down: a file imports from its own room and from the lines below it. Rooms on
 * one line do not know each other. A room is a folder, or a file of `src` itself.
 */
const LAYERS = {
  core: [
    ["index.ts"],
    ["internal.ts"],
    ["sync/"],
    ["transfer/"],
    ["wait/"],
    ["memory/"],
    ["identity.ts", "check.ts", "copies.ts", "brand.ts"],
    ["deadline.ts"],
    ["platform/", "errors.ts"],
    ["global-slot.ts"],
  ],
  thread: [
    ["worker.ts"],
    ["first.ts", "supervise.ts"],
    ["role.ts"],
    ["index.ts", "internal.ts"],
    ["worker/"],
    ["supervisor/"],
    ["api/"],
    ["runtime/"],
    ["diagnostics/"],
    ["protocol/"],
    ["table/"],
    ["platform/"],
  ],
};

const severity = /** @type {const} */ ("error");

const FACES = "(index|internal|worker)[.]ts$";

/** @param {string} text */
const literally = (text) => text.replaceAll(".", "[.]");

/** A rule for each room: what stands above it, or beside it, is none of its business. */
const layerRules = Object.entries(LAYERS).flatMap(([name, lines]) => {
  const source = `^packages/${name}/src/`;
  const anyOf = (/** @type {string[]} */ rooms) => `${source}(${rooms.map(literally).join("|")})`;
  return lines.flatMap((line, i) =>
    line.map((room) => {
      const foreign = [...lines.slice(0, i).flat(), ...line.filter((other) => other !== room)];
      return {
        name: `layers of ${name}: ${room} knows nothing above or beside it`,
        severity,
        from: { path: anyOf([room]) },
        to: { path: foreign.length === 0 ? "^$" : anyOf(foreign) },
      };
    }),
  );
});

const roomRules = Object.entries(LAYERS).map(([name, lines]) => ({
  name: `layers of ${name}: each file stands in a room of the table`,
  severity,
  from: {
    path: `^packages/${name}/src/`,
    pathNot: `^packages/${name}/src/(${lines.flat().map(literally).join("|")})`,
  },
  to: {},
}));

const packageRules = readdirSync(new URL("packages", import.meta.url)).map((name) => ({
  name: `packages: ${name} imports ${importsOf(name).join(", ") || "no other"}`,
  severity,
  from: { path: `^packages/${name}/src/` },
  to: { path: "^(packages|apps)/", pathNot: `^packages/(${[name, ...importsOf(name)].join("|")})/src/` },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "circles: no file imports itself by way of others", severity, from: {}, to: { circular: true } },
    {
      name: "circles: no folder imports itself by way of others",
      severity,
      scope: "folder",
      from: {},
      to: { circular: true },
    },
    ...layerRules,
    ...roomRules,
    ...packageRules,
    {
      name: "packages: others import a package by its faces",
      severity,
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^packages/([^/]+)/src/", pathNot: ["^packages/$2/", `^packages/[^/]+/src/${FACES}`] },
    },
    {
      name: "imports: each one is found",
      severity,
      from: {},
      // Node's own, offered behind a flag; and what scripts/browsers/bundle.ts makes.
      to: { couldNotResolve: true, pathNot: "^(internal/test/binding|tests:files|node-probe)$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { conditionNames: ["@x/source", "import"], exportsFields: ["exports"] },
  },
};
